import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { fc } from '../../test/properties.ts';
import { PipelineFixture } from './testing/fixture.ts';

type Event = { readonly second: number; readonly k: string; readonly v: number };
type Step = {
  readonly stream: 'one' | 'other';
  readonly events: readonly Event[];
  /** What happens while or after they are read. */
  readonly after: 'nothing' | 'restart' | 'crash' | 'crash meanwhile';
};
/** Of all steps together, in the order in which they were read: those that were not late. */
type Kept = { readonly tumble: Event[]; readonly hop: Event[]; readonly session: Event[] };
/** Those that were. */
type Split = { readonly kept: Kept; readonly late: Kept };

const event: fc.Arbitrary<Event> = fc.record({
  second: fc.integer({ min: -40, max: 240 }),
  k: fc.constantFrom('a', 'b'),
  v: fc.integer({ min: -3, max: 9 }),
});

const step: fc.Arbitrary<Step> = fc.record({
  stream: fc.constantFrom('one' as const, 'other' as const),
  events: fc.array(event, { minLength: 1, maxLength: 8 }),
  after: fc.constantFrom<Step['after'][]>(
    'nothing',
    'nothing',
    'restart',
    'crash',
    'crash meanwhile',
  ),
});

function source(name: string): string {
  return `CREATE TABLE ${name} (t TIMESTAMP NOT NULL, k TEXT, v BIGINT,
      WATERMARK FOR t AS (t - INTERVAL '20 seconds'))
    WITH (connector = 'http', format = 'json', type = 'source', stream = '${name}',
      idle_micros = -1);`;
}

function sink(name: string, window: string, values: string): string {
  return `CREATE TABLE ${name} WITH (connector = 'delta', path = 'tables/${name}', type = 'sink',
      late_rows = 'keep');
    INSERT INTO ${name} SELECT epoch(w."start")::BIGINT AS s, epoch(w."end")::BIGINT AS e, k, n, x
      FROM (SELECT ${window} AS w, k, ${values} FROM every GROUP BY 1, 2);`;
}

const script = `${source('one')} ${source('other')}
  CREATE VIEW every AS SELECT t, k, v FROM one UNION ALL SELECT t, k, v FROM other;
  ${sink('tumbled', "tumble(INTERVAL '1 minute')", 'count(*) AS n, sum(v)::BIGINT AS x')}
  ${sink('hopped', "hop(INTERVAL '20 seconds', INTERVAL '1 minute')", 'count(*) AS n, median(v)::BIGINT AS x')}
  ${sink('visits', "session(INTERVAL '15 seconds')", 'count(*) AS n, max(v) AS x')}`;

const delay = 20;
const flush = 2_000;

test('windows are those of one query over all rows that were not late', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 6 }), async (steps) => {
      let helios = await PipelineFixture.open();
      try {
        await helios.supervisor.create({ name: 'p', sql: script, isAdopting: false });
        const ends = (['one', 'other'] as const).map((stream): Step => ({
          stream,
          events: [{ second: flush, k: 'end', v: 0 }],
          after: 'nothing',
        }));
        const all = [...steps, ...ends];
        for (const one of all) helios = await take(helios, one);
        const { kept, late } = splitOf(all);
        expect(await rows(helios, 'tumbled')).toEqual(
          await expected(helios, 'tumbled', kept.tumble),
        );
        expect(await rows(helios, 'hopped')).toEqual(await expected(helios, 'hopped', kept.hop));
        expect(await rows(helios, 'visits')).toEqual(
          await expected(helios, 'visits', kept.session),
        );
        expect(await lateRows(helios, 'tumbled')).toEqual(late.tumble.map(lateText).toSorted());
        expect(await lateRows(helios, 'hopped')).toEqual(late.hop.map(lateText).toSorted());
        expect(await lateRows(helios, 'visits')).toEqual(late.session.map(lateText).toSorted());
      } finally {
        await helios[Symbol.asyncDispose]();
      }
    }),
    { numRuns: 2 },
  );
}, 120_000);

async function take(
  helios: PipelineFixture,
  { stream, events, after }: Step,
): Promise<PipelineFixture> {
  const lines = events.map(({ second, k, v }) =>
    JSON.stringify({ t: new Date(second * 1000).toISOString(), k, v }),
  );
  const positions = await helios.send(stream, lines);
  const read = async (from: PipelineFixture): Promise<void> => {
    const reached = await from.supervisor.waitUntilQueryable(stream, positions, 20_000);
    if (reached !== 'queryable') throw new Error(`not queryable: ${from.state()}`);
  };
  if (after !== 'crash meanwhile') await read(helios);
  if (after === 'nothing') return helios;
  const again = after === 'restart' ? await helios.reopened() : await crash(helios);
  await read(again);
  return again;
}

/** Goes on from the files as they are at this moment, in the middle of whatever runs. */
async function crash(helios: PipelineFixture): Promise<PipelineFixture> {
  const copy = helios.copied();
  await helios.close();
  await rm(helios.directory, { recursive: true });
  const again = await PipelineFixture.open(copy);
  await again.supervisor.startAll();
  return again;
}

/** Each step is one epoch. */
function splitOf(steps: readonly Step[]): Split {
  const kept: Kept = { tumble: [], hop: [], session: [] };
  const late: Kept = { tumble: [], hop: [], session: [] };
  const greatest = { one: -Infinity, other: -Infinity };
  for (const { stream, events } of steps) {
    const watermark = Math.min(greatest.one, greatest.other) - delay;
    const isOpen = (second: number, slide: number): boolean =>
      Math.floor(second / slide) * slide + slide > watermark;
    for (const one of events) {
      (isOpen(one.second, 60) ? kept : late).tumble.push(one);
      (isOpen(one.second, 20) ? kept : late).hop.push(one);
      (one.second >= watermark ? kept : late).session.push(one);
    }
    greatest[stream] = Math.max(greatest[stream], ...events.map(({ second }) => second));
  }
  return { kept, late };
}

const oracles: Readonly<Record<string, string>> = {
  tumbled: `SELECT floor(s / 60)::BIGINT * 60 AS w, w + 60 AS e, k, count(*) AS n,
    sum(v)::BIGINT AS x FROM events GROUP BY ALL`,
  hopped: `SELECT floor(s / 20)::BIGINT * 20 - 20 * back AS w, w + 60 AS e, k, count(*) AS n,
    median(v)::BIGINT AS x FROM events, range(3) AS r(back) GROUP BY ALL`,
  visits: `SELECT min(s) AS w, max(s) + 15 AS e, k, count(*) AS n, max(v) AS x FROM (
      SELECT *, sum(begins) OVER (PARTITION BY k ORDER BY s RANGE UNBOUNDED PRECEDING) AS number FROM (
        SELECT *, (s - lag(s, 1, -1e9) OVER (PARTITION BY k ORDER BY s) >= 15)::INTEGER AS begins
          FROM events)) GROUP BY k, number`,
};

async function expected(
  helios: PipelineFixture,
  table: string,
  events: readonly Event[],
): Promise<readonly string[]> {
  const values = events.map(({ second, k, v }) => `(${second}::BIGINT, '${k}', ${v}::BIGINT)`);
  await using connection = await helios.engine.connect();
  const found = await connection.rows(
    `WITH events AS (SELECT * FROM (VALUES ${values.join(', ')}) AS t(s, k, v))
      SELECT concat_ws(' ', w, e, k, n, x) AS row FROM (${oracles[table]}) WHERE k <> 'end'`,
  );
  return found.map(({ row }) => String(row)).toSorted();
}

function lateText({ second, k, v }: Event): string {
  const t = new Date(second * 1000).toISOString().replace('.000', '');
  return `${second} ${JSON.stringify({ t, k, v })}`;
}

async function lateRows(helios: PipelineFixture, table: string): Promise<readonly string[]> {
  const found = await helios.rows(
    `${table}_late`,
    `concat_ws(' ', epoch(event_time)::BIGINT, "row") AS line`,
  );
  return found.map(({ line }) => String(line)).toSorted();
}

/** The rows at the end only move time. */
async function rows(helios: PipelineFixture, table: string): Promise<readonly string[]> {
  const found = await helios.rows(table, "concat_ws(' ', s, e, k, n, x) AS row, k");
  return found
    .filter(({ k }) => k !== 'end')
    .map(({ row }) => String(row))
    .toSorted();
}
