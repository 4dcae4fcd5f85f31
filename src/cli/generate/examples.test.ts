import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine, type Connection, type Row } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import { shopEvents } from './shop-events.ts';
import { isBurst } from './rate.ts';

const hoursMs = 3 * 3_600_000;

let folder: string;
let engine: Engine;
let connection: Connection;
let nowMs: number;
let seed: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-shop-'));
  engine = await Engine.open({ threads: 2, memoryBytes: 512 * 1024 ** 2, tempDirectory: folder });
  connection = await engine.connect();
  nowMs = Date.now();
  seed = 1;
  while (!isFit(seed)) seed++;
  await writeFile(join(folder, 'events.ndjson'), await threeHours());
  const columns =
    "{id: 'VARCHAR', timestamp: 'TIMESTAMPTZ', ip: 'VARCHAR', user_id: 'VARCHAR', platform: 'VARCHAR', " +
    "app_version: 'VARCHAR', type: 'VARCHAR', properties: 'VARCHAR'}";
  const file = quoteText(join(folder, 'events.ndjson'));
  await connection.execute(
    `CREATE TABLE shop_events AS FROM read_ndjson(${file}, columns = ${columns})`,
  );
});

afterAll(async () => {
  connection.close();
  engine.close();
  await rm(folder, { recursive: true });
});

/**
 * Whatever the time is, a seed is taken whose bursts are few, and none in the first half hour: the
 * first one then stands out by far from all that chance makes.
 */
function isFit(candidate: number): boolean {
  const last = Math.floor(nowMs / 60_000) - 1;
  const bursts = Array.from({ length: 180 }, (_, index) => index).filter((minutesAgo) =>
    isBurst(candidate, (last - minutesAgo) * 60_000),
  );
  return bursts.length >= 3 && bursts.length <= 5 && bursts.every((minutesAgo) => minutesAgo < 145);
}

/** Events of the last three hours, made in a moment. */
async function threeHours(): Promise<string> {
  let clockMs = nowMs - hoursMs;
  const clock = {
    nowMs: () => clockMs,
    monotonicMs: () => clockMs,
    sleep: async (durationMs: number) => void (clockMs += durationMs),
  };
  const signal = new AbortController().signal;
  const rest = { malformedShare: 0, count: undefined, isSteady: false, clock, signal };
  const texts: string[] = [];
  for await (const chunk of shopEvents({ seed, rate: 4, durationMs: hoursMs, ...rest })) {
    texts.push(chunk.text);
  }
  return texts.join('');
}

async function answerOf(name: string): Promise<readonly Row[]> {
  const path = new URL(`../../../examples/shop/queries/${name}.sql`, import.meta.url);
  return connection.rows(await readFile(path, 'utf8'));
}

test('every event fits the schema', async () => {
  const [row] = await connection.rows(`
    SELECT count(*) AS events, count(timestamp) AS timed, count(DISTINCT id) AS ids,
      count(*) FILTER (json_type(properties) = 'OBJECT') AS objects, count(DISTINCT type) AS types
    FROM shop_events`);
  expect(Number(row?.['events'])).toBeGreaterThan(10_000);
  for (const column of ['timed', 'ids', 'objects']) expect(row?.[column]).toBe(row?.['events']);
  expect(row?.['types']).toBe('7');
});

describe('the examples answer their questions', () => {
  test('top 5 products viewed in the last hour', async () => {
    const rows = await answerOf('top-products');
    expect(rows).toHaveLength(5);
    const views = rows.map((row) => Number(row['views']));
    expect(views).toEqual(views.toSorted((left, right) => right - left));
    expect(rows[0]?.['product']).toBe('trail-runner');
  });

  test('conversion rate by campaign', async () => {
    const rows = await answerOf('conversion-by-campaign');
    const rates = new Map(rows.map((row) => [row['campaign'], Number(row['conversion_percent'])]));
    expect(rates.size).toBe(5);
    expect(rates.get('NEWSLETTER')).toBeGreaterThan(2 * (rates.get('SOCIAL_REELS') ?? Infinity));
    for (const rate of rates.values()) {
      expect(rate).toBeGreaterThan(0);
      expect(rate).toBeLessThan(90);
    }
  });

  test("one user's journey across sessions", async () => {
    const rows = await answerOf('user-journey');
    expect(new Set(rows.map((row) => row['user_id'])).size).toBe(1);
    expect(Number(rows.at(-1)?.['session'])).toBeGreaterThan(1);
    expect(rows.filter((row) => row['type'] === 'session_start').length).toBeGreaterThan(1);
    expect(rows[0]?.['after']).toBeNull();
  });

  test('anomalies in a minute-by-minute rate', async () => {
    const found = await answerOf('anomalies');
    const scores = found.map((row) => Number(row['z_score']));
    const strongest = found[scores.indexOf(Math.max(...scores))];
    expect(Math.max(...scores)).toBeGreaterThan(10);
    expect(isBurst(seed, Date.parse(String(strongest?.['minute'])))).toBe(true);
  });

  test('raw events of one user while debugging', async () => {
    const rows = await answerOf('debug-user');
    expect(rows.some((row) => row['type'] === 'purchase')).toBe(true);
    const times = rows.map((row) => String(row['timestamp']));
    expect(times).toEqual(times.toSorted().toReversed());
  });
});
