import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, Engine } from '../../../engine/engine.ts';
import type { Dataflow, WindowNode, WindowShape } from '../../dataflow/dataflow.ts';
import { PartStore } from '../../epoch/part-store.ts';
import type { Plan } from '../../plan/plan.ts';
import { planScript } from '../../plan/planner.ts';
import { DataflowWork } from '../dataflow-work.ts';
import type { ManifestStream } from '../manifest-stream.ts';
import { StateMerger } from '../state-merger.ts';

export const minuteUs: bigint = 60_000_000n;
const text = { kind: 'text' } as const;
const huge = { kind: 'decimal', precision: 38, scale: 0 } as const;

/** Counts by key, and sums values; of windows of this shape. */
export function counting(shape: WindowShape, isMerged = true): Dataflow {
  const merge = isMerged ? ('sum' as const) : undefined;
  const node: WindowNode = {
    kind: 'window',
    name: '__w0',
    shape,
    intake: { text: 'SELECT k, 1 AS n, v::HUGEINT AS v, __time FROM events', reads: ['events'] },
    keys: [{ name: 'k', type: text, typeText: 'VARCHAR' }],
    values: [
      { name: 'n', type: huge, typeText: 'HUGEINT', merge },
      { name: 'v', type: huge, typeText: 'HUGEINT', merge },
    ],
    result: {
      text: `SELECT k, sum(n) AS n, sum(v) AS v, __window."end" - INTERVAL 1 MICROSECOND AS __time,
        __window FROM __rows GROUP BY k, __window`,
      reads: ['__rows'],
    },
    waitsFor: ['events'],
    label: 'counts',
  };
  return {
    sources: [{ name: 'events', kind: 'column', time: '"at"', watermark: '"at"', idleMs: 30_000 }],
    nodes: [node],
    outputs: [
      {
        table: 'sunk',
        sql: {
          text: `SELECT epoch_us(__window."start") AS s, epoch_us(__window."end") AS e, k, n, v
            FROM __w0`,
          reads: ['__w0'],
        },
      },
    ],
  };
}

/** What trials share. */
export class TrialPlace implements AsyncDisposable {
  readonly directory: string;
  readonly engine: Engine;
  readonly plan: Plan;

  private constructor({
    directory,
    engine,
    plan,
  }: Pick<TrialPlace, 'directory' | 'engine' | 'plan'>) {
    this.directory = directory;
    this.engine = engine;
    this.plan = plan;
  }

  static async open(): Promise<TrialPlace> {
    const directory = await mkdtemp(join(tmpdir(), 'helios-stream-'));
    const engine = await Engine.open({
      threads: 2,
      memoryBytes: 2 ** 28,
      tempDirectory: directory,
    });
    await using connection = await engine.connect();
    const planned = await planScript(
      `CREATE TABLE events (at TIMESTAMP, k TEXT, v BIGINT)
        WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');
      CREATE TABLE sunk WITH (connector = 'delta', path = 'sunk', type = 'sink');
      INSERT INTO sunk SELECT * FROM events;`,
      connection,
    );
    if (planned.kind === 'errors') throw new Error(planned.errors[0]?.message);
    return new TrialPlace({ directory, engine, plan: planned.plan });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.engine.close();
    await rm(this.directory, { recursive: true });
  }
}

type Event = { readonly at: number; readonly k: string | null; readonly v?: bigint };

type EpochOptions = {
  readonly nowMs?: number;
  readonly isEnd?: boolean;
  /** It doesn't become true. */
  readonly isLost?: boolean;
};

/** Dataflow work over a connection of its own, which a crash takes away with its memory. */
export class Trial {
  readonly work: DataflowWork;
  readonly #place: TrialPlace;
  readonly #connection: Connection;
  #epoch = 0;
  readonly merger: StateMerger;
  stream: ManifestStream | undefined;

  private constructor(
    place: TrialPlace,
    { work, connection }: { readonly work: DataflowWork; readonly connection: Connection },
    stream?: ManifestStream,
  ) {
    const { directory, engine } = place;
    this.#place = place;
    this.work = work;
    const parts = new PartStore(join(directory, 'parts'));
    const streaming = work;
    this.merger = new StateMerger({ engine, parts, incarnation: 'incarnation', streaming });
    this.#connection = connection;
    this.stream = stream;
  }

  static async open(
    place: TrialPlace,
    dataflow: Dataflow,
    stream?: ManifestStream,
  ): Promise<Trial> {
    const { directory, engine, plan } = place;
    const connection = await engine.connect();
    const parts = new PartStore(join(directory, 'parts'));
    await parts.open();
    const incarnation = 'incarnation';
    const work = new DataflowWork({ connection, plan, dataflow, parts, incarnation });
    await work.open(stream);
    const trial = new Trial(place, { work, connection }, stream);
    trial.#epoch = stream?.nodes.flatMap(({ parts: some }) => some).at(-1)?.lastEpoch ?? 0;
    return trial;
  }

  /** Seconds since 1970 of events, by partition; gives the windows as `start-end k:n:v`. */
  async epoch(
    events: Readonly<Record<string, readonly Event[] | string>>,
    { nowMs = 0, isEnd = false, isLost = false }: EpochOptions = {},
  ): Promise<readonly string[]> {
    const rows = Object.entries(events).map(([partition, some]) => ({
      partition,
      arrivedAtMs: 1_000_000_000_000,
      select: typeof some === 'string' ? some : selectOf(some),
    }));
    for (const { partition } of rows) {
      this.work.noteRead('events', partition, look({ hasRecords: true, nowMs }));
    }
    const said = isEnd ? ('end' as const) : ('records' as const);
    const step = await this.work.take({
      rows: new Map([['events', { partitions: rows }]]),
      said,
      nowMs,
      atMs: nowMs,
    });
    const select = step.output(0, '*');
    const found = select === undefined ? [] : await this.#connection.rows(select);
    await step.writeParts(++this.#epoch);
    this.merger.startDue();
    await this.merger.settle();
    this.merger.throwIfFailed();
    if (!isLost) {
      this.stream = step.manifest();
      await step.publish(this.stream);
    }
    return found
      .map((row) => {
        const [start, end] = [Number(row['s']) / 1e6, Number(row['e']) / 1e6];
        return `${start}-${end} ${String(row['k'])}:${String(row['n'])}:${String(row['v'])}`;
      })
      .toSorted();
  }

  /** The same state in another process. */
  async crashed(dataflow: Dataflow): Promise<Trial> {
    this.#connection.close();
    return await Trial.open(this.#place, dataflow, this.stream);
  }
}

export function look(of: { readonly hasRecords: boolean; readonly nowMs: number }): {
  readonly hasRecords: boolean;
  readonly isDrained: boolean;
  readonly isEnded: boolean;
  readonly nowMs: number;
} {
  return { isDrained: !of.hasRecords, isEnded: false, ...of };
}

function selectOf(events: readonly Event[]): string {
  const rows = events.map(
    ({ at, k, v = 1n }) =>
      `(make_timestamptz(${Math.round(at * 1e6)}), ${k === null ? 'NULL' : `'${k}'`}, ${v})`,
  );
  return `SELECT a::TIMESTAMPTZ AS "at", k::VARCHAR AS k, v::BIGINT AS v
    FROM (VALUES ${rows.join(', ')}) AS t(a, k, v)`;
}
