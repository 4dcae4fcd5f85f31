import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fc } from '../../../test/properties.ts';
import { type Connection, Engine } from '../../engine/engine.ts';
import { quoteName } from '../../engine/types.ts';
import type { StateColumn, UpdatingInput, UpdatingNode } from '../dataflow/dataflow.ts';
import { PartStore } from '../epoch/part-store.ts';
import type { ManifestStreamNode } from '../stream/manifest-stream.ts';
import { UpdatingState } from './updating-state.ts';

let directory: string;
let engine: Engine;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-updating-'));
  engine = await Engine.open({ threads: 2, memoryBytes: 2 ** 28, tempDirectory: directory });
});

afterAll(async () => {
  engine.close();
  await rm(directory, { recursive: true });
});

const whole = (name: string, typeText = 'BIGINT'): StateColumn => ({
  name,
  typeText,
  type: { kind: 'integer', bits: 64, isUnsigned: false },
});

/** Rows of a relation `events(k, v, __weight)`, kept as they are. */
function input(relation: string, isRetracting: boolean): UpdatingInput {
  return {
    intake: { text: `SELECT k, v, __weight FROM ${relation}`, reads: [relation] },
    keys: [whole('k')],
    values: [{ ...whole('v'), merge: undefined }],
    isRetracting,
  };
}

const aggregates = "count(*) AS n, sum(v) AS s, max(v) AS m, string_agg(v, ',' ORDER BY v) AS l";
const grouped: UpdatingNode = {
  kind: 'updating',
  name: 'grouped',
  inputs: [input('a', true)],
  result: { text: `SELECT k, ${aggregates} FROM __rows_0 GROUP BY k`, reads: [] },
  columns: [whole('k'), whole('n'), whole('s', 'HUGEINT'), whole('m'), whole('l', 'VARCHAR')],
  resultKeys: ['k'],
  ttlMs: 1000,
  label: 'GROUP BY k',
};

const merged: UpdatingNode = {
  ...grouped,
  name: 'merged',
  inputs: [
    {
      intake: { text: 'SELECT k, 1::BIGINT AS n, v AS s, v AS m, __weight FROM a', reads: ['a'] },
      keys: [whole('k')],
      values: [
        { ...whole('n'), merge: 'sum' },
        { ...whole('s', 'HUGEINT'), merge: 'sum' },
        { ...whole('m'), merge: 'max' },
      ],
      isRetracting: false,
    },
  ],
  result: {
    text: 'SELECT k, sum(n)::BIGINT AS n, sum(s) AS s, max(m) AS m FROM __rows_0 GROUP BY k',
    reads: [],
  },
  columns: grouped.columns.slice(0, 4),
};

const everything: UpdatingNode = {
  ...grouped,
  name: 'everything',
  inputs: [
    {
      ...input('a', true),
      keys: [],
      values: [{ ...whole('v'), merge: undefined }],
      intake: { text: 'SELECT v, __weight FROM a', reads: ['a'] },
    },
  ],
  result: { text: `SELECT ${aggregates} FROM __rows_0`, reads: [] },
  columns: grouped.columns.slice(1),
  resultKeys: [],
};

const joined: UpdatingNode = {
  ...grouped,
  name: 'joined',
  inputs: [input('a', true), input('b', true)],
  result: {
    text: `SELECT coalesce(x.k, y.k) AS "__k", x.k AS k, x.v AS v, y.v AS w
      FROM __rows_0 x FULL JOIN __rows_1 y ON x.k = y.k AND x.v <> y.v`,
    reads: [],
  },
  columns: [whole('__k'), whole('k'), whole('v'), whole('w')],
  resultKeys: ['__k'],
};

type Row = { readonly k: number | null; readonly v: number | null; readonly weight: number };
type Step = { readonly a: readonly Row[]; readonly b: readonly Row[]; readonly isRestart: boolean };

function values(rows: readonly Row[]): string {
  const list = rows.map(({ k, v, weight }) => `(${k}, ${v}, ${weight})`);
  return `(SELECT k::BIGINT AS k, v::BIGINT AS v, w::BIGINT AS __weight
    FROM (VALUES ${['(0, 0, 0)', ...list].join(', ')}) AS t(k, v, w) WHERE w <> 0)`;
}

/** What a node's state and its restarts are made of. */
/** So few that snapshots are often taken. */
const deadRowsMax = 8;

class Trial {
  readonly #connection: Connection;
  readonly #parts: PartStore;
  readonly #node: UpdatingNode;
  #state: UpdatingState;
  #epoch = 0;
  /** As the newest manifest has it. */
  #entry: ManifestStreamNode | undefined;

  constructor(connection: Connection, parts: PartStore, node: UpdatingNode) {
    this.#connection = connection;
    this.#parts = parts;
    this.#node = node;
    this.#state = this.#fresh();
  }

  get forgottenKeys(): number {
    return this.#entry?.forgottenKeys ?? 0;
  }

  async open(): Promise<void> {
    await this.#connection.execute('CREATE OR REPLACE TEMP TABLE view_rows AS SELECT NULL AS x');
    await this.#state.open(undefined);
    const columns = this.#node.columns.map(
      ({ name, typeText }) => `${quoteName(name)} ${typeText}`,
    );
    await this.#connection.execute(
      `CREATE OR REPLACE TEMP TABLE view_rows (${columns.join(', ')}, __weight BIGINT)`,
    );
  }

  #fresh(): UpdatingState {
    const context = {
      connection: this.#connection,
      parts: this.#parts,
      incarnation: 'test',
      identity: 'counts',
      deadRowsMax,
    };
    return new UpdatingState(this.#node, 7, context);
  }

  /** Kills it before the manifest is put, and starts it again from the one before. */
  async restart(): Promise<void> {
    this.#state = this.#fresh();
    await this.#state.open(this.#entry);
  }

  async take(rows: readonly (readonly Row[])[], nowMs = 0): Promise<void> {
    const intakes = this.#node.inputs.map(({ intake }, index) => {
      const some = rows[index] ?? [];
      const name = index === 0 ? 'a' : 'b';
      return some.length === 0 ? undefined : `WITH ${name} AS ${values(some)} ${intake.text}`;
    });
    const step = await this.#state.take(intakes, nowMs);
    this.#epoch++;
    const entry = step.next(await step.writeParts(this.#epoch));
    if (step.hasChanged) {
      await this.#connection.execute(
        `INSERT INTO view_rows SELECT * EXCLUDE (__key) FROM (${this.#state.changes})`,
      );
    }
    await step.publish(entry);
    this.#entry = entry;
  }

  /** Rows that the changes so far add up to, none of which ever went that hadn't come. */
  async view(): Promise<readonly unknown[]> {
    const columns = this.#node.columns.map(({ name }) => quoteName(name)).join(', ');
    return await this.#connection.rows(`SELECT ${columns}, sum(__weight)::INTEGER AS copies
      FROM view_rows GROUP BY ALL HAVING sum(__weight) <> 0 ORDER BY ALL`);
  }
}

async function opened(connection: Connection, node: UpdatingNode): Promise<Trial> {
  const folder = await mkdtemp(join(directory, 'parts-'));
  await mkdir(folder, { recursive: true });
  const trial = new Trial(connection, new PartStore(folder), node);
  await trial.open();
  return trial;
}

/** One query over all rows that are there in the end. */
async function oracle(
  connection: Connection,
  node: UpdatingNode,
  rows: readonly (readonly Row[])[],
): Promise<readonly unknown[]> {
  const relations = node.inputs.map(({ intake }, index) => {
    const all = values(rows[index] ?? []);
    const name = index === 0 ? 'a' : 'b';
    const there = `SELECT * EXCLUDE (__weight, n, u), 1::BIGINT AS __weight FROM
      (SELECT *, unnest(range(n)) AS u FROM
        (SELECT k, v, 1 AS __weight, sum(__weight)::BIGINT AS n FROM ${all} GROUP BY k, v))`;
    return `__rows_${index} AS (SELECT * EXCLUDE (__weight) FROM
      (WITH ${name} AS (${there}) ${intake.text}))`;
  });
  const columns = node.columns.map(({ name }) => quoteName(name)).join(', ');
  return await connection.rows(`WITH ${relations.join(', ')} SELECT ${columns},
    count(*)::INTEGER AS copies FROM (${node.result.text}) GROUP BY ALL ORDER BY ALL`);
}

const value = fc.option(fc.integer({ min: 0, max: 3 }));
const coming = fc.array(fc.record({ k: value, v: value, weight: fc.constant(1) }), {
  maxLength: 6,
});
/** Rows that come, and a choice of which of those that are there go. */
const plan = fc.array(
  fc.record({
    a: coming,
    b: coming,
    going: fc.array(fc.nat(20), { maxLength: 4 }),
    isRestart: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

function stepsOf(
  plans: readonly { a: Row[]; b: Row[]; going: number[]; isRestart: boolean }[],
): readonly Step[] {
  const there: Row[][] = [[], []];
  return plans.map(({ a, b, going, isRestart }) => {
    const sides = [[...a], [...b]];
    there[0]?.push(...a);
    there[1]?.push(...b);
    for (const choice of going) {
      const side = choice % 2;
      const rows = there[side] ?? [];
      const [gone] = rows.splice(choice % Math.max(1, rows.length), 1);
      if (gone !== undefined) sides[side]?.push({ ...gone, weight: -1 });
    }
    return { a: sides[0] ?? [], b: sides[1] ?? [], isRestart };
  });
}

test.each([grouped, everything, joined])(
  'the changes that $name gives add up to one query over what is there',
  async (node) => {
    await using connection = await engine.connect();
    await fc.assert(
      fc.asyncProperty(plan, async (plans) => {
        const steps = stepsOf(plans);
        const trial = await opened(connection, node);
        for (const { a, b, isRestart } of steps) {
          if (isRestart) await trial.restart();
          await trial.take([a, b]);
        }
        const all = [steps.flatMap(({ a }) => a), steps.flatMap(({ b }) => b)];
        const isEmpty = (all[0] ?? []).length === 0 && node === everything;
        expect(await trial.view()).toEqual(isEmpty ? [] : await oracle(connection, node, all));
      }),
      { numRuns: 6 },
    );
  },
  30_000,
);

test('what is merged gives the same as what is kept', async () => {
  await using connection = await engine.connect();
  const trial = await opened(connection, merged);
  const rows = [
    [
      { k: 1, v: 5, weight: 1 },
      { k: 1, v: null, weight: 1 },
      { k: null, v: 2, weight: 1 },
    ],
    [{ k: 1, v: 3, weight: 1 }],
  ];
  for (const some of rows) {
    await trial.restart();
    await trial.take([some]);
  }
  expect(await trial.view()).toEqual([
    { k: '1', n: '3', s: '8', m: '5', copies: 1 },
    { k: null, n: '1', s: '2', m: '2', copies: 1 },
  ]);
});

test('a key that is quiet for longer than its time is forgotten, and counted', async () => {
  await using connection = await engine.connect();
  const trial = await opened(connection, merged);
  await trial.take(
    [
      [
        { k: 1, v: 5, weight: 1 },
        { k: 2, v: 5, weight: 1 },
      ],
    ],
    0,
  );
  await trial.take([[{ k: 1, v: 1, weight: 1 }]], 900);
  await trial.take(
    [
      [
        { k: 1, v: 1, weight: 1 },
        { k: 2, v: 1, weight: 1 },
      ],
    ],
    1800,
  );
  expect(trial.forgottenKeys).toBe(1);
  await trial.restart();
  await trial.take([[{ k: 2, v: 1, weight: 1 }]], 1900);
  expect(trial.forgottenKeys).toBe(1);
  expect(await trial.view()).toEqual([
    { k: '1', n: '3', s: '7', m: '5', copies: 1 },
    // Nobody knows any more that it had come.
    { k: '2', n: '1', s: '5', m: '5', copies: 1 },
    { k: '2', n: '2', s: '2', m: '1', copies: 1 },
  ]);
});
