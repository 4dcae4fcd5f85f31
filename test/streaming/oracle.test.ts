import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quoteText } from '../../src/engine/types.ts';
import { PipelineFixture } from '../../src/pipeline/testing/fixture.ts';
import { fc } from '../properties.ts';
import { differenceTo } from './compare-rows.ts';
import { type GeneratedQuery, generatedQuery, oracleOf, scriptOf } from './generated-query.ts';
import { openOracle } from './suite.ts';

/** The streams that a script's `events` are read from. */
const streams = ['one', 'two'] as const;

/** Event time goes on from here: long ago for every clock. */
const startMs = Date.UTC(2024, 1, 29, 23, 58);
/** How far behind the latest of its stream an event may be, which the watermark waits for. */
const delaySeconds = 5;

type Sent = {
  readonly stream: (typeof streams)[number];
  /** How far the stream's time goes on with it. */
  readonly stepMs: number;
  /** How far behind that it is itself. */
  readonly behindMs: number;
  readonly k: string | null;
  readonly g: number;
  readonly v: number | null;
  readonly d: number;
  readonly s: string | null;
  readonly isTwice: boolean;
};

type Step =
  | { readonly kind: 'send'; readonly events: readonly Sent[]; readonly isAwaited: boolean }
  | { readonly kind: 'restart' | 'crash' };

const sent: fc.Arbitrary<Sent> = fc.record({
  stream: fc.constantFrom(...streams),
  stepMs: fc.oneof(fc.constantFrom(0, 1000, 60_000), fc.integer({ min: 0, max: 9000 })),
  behindMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: delaySeconds * 1000 })),
  k: fc.constantFrom('a', 'b', 'c', null),
  g: fc.integer({ min: 0, max: 2 }),
  v: fc.option(fc.integer({ min: -20, max: 100 })),
  d: fc.double({ min: -1000, max: 1000, noNaN: true }),
  s: fc.constantFrom('x', 'y', 'ü', null),
  isTwice: fc.constantFrom(false, false, false, true),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      events: fc.array(sent, { minLength: 1, maxLength: 25 }),
      isAwaited: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom<Step[]>({ kind: 'restart' }, { kind: 'crash' }) },
);

const trial = fc.record({
  queries: fc.array(generatedQuery, { minLength: 3, maxLength: 3 }),
  steps: fc.array(step, { minLength: 3, maxLength: 9 }),
  batchBytesMax: fc.constantFrom(100, 700, 5000, 1_000_000),
});

test('a stream gives what one query over all its events gives, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(trial, async ({ queries, steps, batchBytesMax }) => {
      const run = await Trial.begin(queries, batchBytesMax);
      try {
        for (const one of steps) await run.take(one);
        await run.end();
        for (const [index, query] of queries.entries()) {
          expect(await run.difference(index, query), scriptOf(query)).toBeUndefined();
        }
      } finally {
        await run.close();
      }
    }),
    { numRuns: 6 },
  );
}, 120_000);

class Trial {
  readonly #batchBytesMax: number;
  #helios: PipelineFixture;
  readonly #lines: string[] = [];
  readonly #timeMs = new Map<string, number>();

  private constructor(helios: PipelineFixture, batchBytesMax: number) {
    this.#helios = helios;
    this.#batchBytesMax = batchBytesMax;
  }

  static async begin(queries: readonly GeneratedQuery[], batchBytesMax: number): Promise<Trial> {
    const helios = await PipelineFixture.open(undefined, { batchBytesMax: () => batchBytesMax });
    await helios.supervisor.create({ name: 'p', sql: pipeline(queries), isAdopting: false });
    return new Trial(helios, batchBytesMax);
  }

  async take(one: Step): Promise<void> {
    if (one.kind === 'send') return await this.#send(one);
    const { directory } = this.#helios;
    const copy = one.kind === 'crash' ? this.#helios.copied() : undefined;
    await this.#helios.close();
    if (copy !== undefined) {
      // In place: a file's place tells whether it is the sink that was written to.
      await rm(directory, { recursive: true });
      await rename(copy, directory);
    }
    const batchBytesMax = (): number => this.#batchBytesMax;
    this.#helios = await PipelineFixture.open(directory, { batchBytesMax });
    await this.#helios.supervisor.startAll();
  }

  /** Time goes on so far that each window but the last is over. */
  async end(): Promise<void> {
    for (const stream of streams) {
      const ts = new Date(startMs + 240 * 3_600_000).toISOString();
      await this.#helios.sendAndWait(stream, [JSON.stringify({ id: -1, ts, k: 'end' })]);
    }
  }

  async difference(index: number, query: GeneratedQuery): Promise<string | undefined> {
    const { directory, engine } = this.#helios;
    const path = join(directory, 'events.jsonl');
    await writeFile(path, this.#lines.map((line) => `${line}\n`).join(''));
    await using oracle = await engine.connect();
    await openOracle(oracle);
    await oracle.execute(`CREATE OR REPLACE TEMP TABLE events AS FROM read_json(${quoteText(path)},
      format = 'newline_delimited', columns = {id: 'BIGINT', ts: 'TIMESTAMPTZ', k: 'TEXT',
      g: 'INT', v: 'INT', d: 'DOUBLE', s: 'TEXT'})`);
    return await differenceTo(join(directory, `out${index}.json`), oracleOf(query), oracle);
  }

  async close(): Promise<void> {
    await this.#helios[Symbol.asyncDispose]();
  }

  async #send({ events, isAwaited }: Extract<Step, { readonly kind: 'send' }>): Promise<void> {
    for (const stream of streams) {
      const lines = events.filter((one) => one.stream === stream).flatMap((one) => this.#line(one));
      if (lines.length > 0) await this.#helios[isAwaited ? 'sendAndWait' : 'send'](stream, lines);
    }
  }

  #line({ stream, stepMs, behindMs, isTwice, ...values }: Sent): readonly string[] {
    const timeMs = (this.#timeMs.get(stream) ?? startMs) + stepMs;
    this.#timeMs.set(stream, timeMs);
    const ts = new Date(timeMs - behindMs).toISOString();
    const line = JSON.stringify({ id: this.#lines.length, ts, ...values });
    const lines = isTwice ? [line, line] : [line];
    this.#lines.push(...lines);
    return lines;
  }
}

function pipeline(queries: readonly GeneratedQuery[]): string {
  const sources = streams.map(
    (stream) => `CREATE TABLE ${stream} (id BIGINT, ts TIMESTAMP, k TEXT, g INT, v INT, d DOUBLE,
      s TEXT, WATERMARK FOR ts AS (ts - INTERVAL '${delaySeconds} seconds'))
      WITH (connector = 'http', format = 'json', type = 'source', stream = '${stream}');`,
  );
  const outputs = queries.map(
    (query, index) => `CREATE TABLE out${index}
      WITH (connector = 'single_file', path = 'out${index}.json', format = 'json', type = 'sink');
    INSERT INTO out${index} ${scriptOf(query)};`,
  );
  const view = streams.map((stream) => `SELECT * FROM ${stream}`).join(' UNION ALL ');
  return [...sources, `CREATE VIEW events AS ${view};`, ...outputs].join('\n');
}
