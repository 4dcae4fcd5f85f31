import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Engine } from '../../engine/engine.ts';
import { type Batch, position } from '../../event/record.ts';
import { PipelineFixture } from '../testing/fixture.ts';
import { script } from '../testing/scripts.ts';
import { recordCountOf } from './record-count.ts';
import { RecordRates } from './record-rates.ts';

let directory: string;
let engine: Engine;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-rates-'));
  const tempDirectory = join(directory, 'engine');
  engine = await Engine.open({ threads: 1, memoryBytes: 256 * 1024 * 1024, tempDirectory });
});

afterAll(async () => {
  engine.close();
  await rm(directory, { recursive: true });
});

test('what was counted counts for its window, by source, and leaves after an hour', () => {
  let nowMs = 1_000_000;
  const clock = { nowMs: () => 7, monotonicMs: () => nowMs, sleep: async () => undefined };
  const rates = new RecordRates(clock);
  expect(rates.sinceMs).toBe(7);
  rates.note(new Map([['a', { read: 10, rejected: 1 }]]));
  nowMs += 4000;
  rates.note(
    new Map([
      ['a', { read: 5, rejected: 0 }],
      ['b', { read: 100, rejected: 50 }],
    ]),
  );
  nowMs += 100_000;
  rates.note(new Map([['a', { read: 1, rejected: 1 }]]));
  expect(rates.within(60_000)).toEqual({ read: 1, rejected: 1 });
  expect(rates.within(300_000)).toEqual({ read: 116, rejected: 52 });
  expect(rates.within(300_000, 'a')).toEqual({ read: 16, rejected: 2 });
  expect(rates.within(300_000, 'none')).toEqual({ read: 0, rejected: 0 });
  const minutes = rates.rejectedByMinute();
  expect([minutes.length, minutes.at(-1), minutes.at(-2)]).toEqual([60, 1, 51]);
  nowMs += 3_700_000;
  expect(rates.within(3_600_000)).toEqual({ read: 0, rejected: 0 });
  rates.note(new Map());
  expect(rates.rejectedByMinute().every((count) => count === 0)).toBe(true);
});

async function countOf(name: string, content: string, kind: 'lines' | 'parquet'): Promise<number> {
  const path = join(directory, name);
  if (kind === 'lines') await writeFile(path, content);
  await using connection = await engine.connect();
  if (kind === 'parquet') await connection.execute(`COPY (${content}) TO '${path}'`);
  const to = position('1');
  const batch: Batch = {
    ...{ partition: '0', from: undefined, to, arrivedAtMs: 1, positionAt: () => to },
    content: kind === 'parquet' ? { kind, path } : { kind, path, byteLength: content.length },
    release: async () => await Promise.resolve(),
  };
  return await recordCountOf(batch, connection);
}

const counted = [
  ['one.json', '{}\n', 'lines', 1],
  ['unended.json', '{}\n{"a":1}', 'lines', 2],
  ['none.json', '', 'lines', 0],
  ['rows.parquet', 'SELECT * FROM range(3000)', 'parquet', 3000],
] as const;

test.each(counted)('%s holds the records that it should', async (name, content, kind, records) => {
  expect(await countOf(name, content, kind)).toBe(records);
});

test('a large file of lines is counted by a part of it', async () => {
  const lines = Array.from({ length: 100_000 }, (_, at) => `{"v":"${'x'.repeat(at % 97)}"}\n`);
  const found = await countOf('large.json', lines.join(''), 'lines');
  expect(Math.abs(found - lines.length)).toBeLessThan(lines.length / 50);
});

test('a pipeline tells what it has read, and what of that it has rejected', async () => {
  await using helios = await PipelineFixture.open();
  const sql = script('SELECT id FROM events WHERE id > 1');
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await helios.sendAndWait('events', ['{"id":1}', '{"id":2}', '{"id":3}']);
  const { recent } = helios.supervisor.get('p');
  expect(recent.within(60_000)).toEqual({ read: 3, rejected: 0 });
  await helios.sendAndWait('events', ['{"id":"x"}', '{"id":4}']);
  expect(recent.within(60_000, 'events')).toEqual({ read: 5, rejected: 1 });
  expect(recent.rejectedByMinute().at(-1)).toBe(1);
  expect(
    helios.supervisor.epochRows().reduce((sum, row) => sum + Number(row['records_read']), 0),
  ).toBe(5);
});
