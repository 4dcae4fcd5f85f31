import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Engine } from '../../engine/engine.ts';
import { columnRanges } from './column-ranges.ts';

let folder: string;
let engine: Engine;
let file: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-ranges-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: folder });
  await using connection = await engine.connect();
  const path = join(folder, 'whole.parquet');
  // Three row groups, the last of them short; columns with and without dictionaries and filters.
  await connection.execute(`COPY (
    SELECT i AS id, i % 9 AS "Kind", {'x': hash(i), 'deep': {'y': [i]}} AS place, random() AS noise
    FROM range(5000) r(i)
  ) TO '${path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)`);
  file = await readFile(path);
});

afterAll(async () => {
  engine.close();
  await rm(folder, { recursive: true });
});

test.each([
  [['id'], 'sum(id)'],
  [['kind'], 'sum(kind), count(*) FILTER (kind = 3)'],
  [['PLACE'], 'bit_xor(place.x), sum(place.deep.y[1])'],
  [['noise', 'id'], 'sum(noise), max(id)'],
  [[], 'count(*)'],
  [['other'], 'count(*)'],
])('%j is all that it takes for %s', async (columns, list) => {
  const wanted = columnRanges(columns)(file.subarray(-65_536), file.byteLength);
  if (wanted.kind !== 'ranges') throw new Error(wanted.kind);
  // Nothing but what was asked for: the rest would be an error if it were read.
  const sparse = Buffer.alloc(file.byteLength);
  for (const { start, end } of wanted.ranges) file.copy(sparse, start, start, end);
  expect(sparse.equals(file)).toBe(false);
  const path = join(folder, 'sparse.parquet');
  await writeFile(path, sparse);
  await using connection = await engine.connect();
  const answer = async (name: string): Promise<unknown> =>
    await connection.rows(`SELECT ${list} FROM '${join(folder, name)}.parquet'`);
  expect(await answer('sparse')).toEqual(await answer('whole'));
});

test('the length of a footer that is not all there is told', () => {
  const short = file.subarray(-100);
  const footerBytes = file.readUInt32LE(file.byteLength - 8) + 8;
  const wanted = columnRanges(['id'])(short, file.byteLength);
  expect(wanted).toEqual({ kind: 'longer_tail', byteLength: footerBytes });
});

test('whatever is not understood is to be fetched whole', () => {
  const choose = columnRanges(['id']);
  for (const bytes of ['', 'PAR1', 'PARE', '\xff\xff\xff\xffPAR1', '\0\0\0\0PAR1']) {
    const tail = Buffer.from(bytes, 'latin1');
    expect(choose(tail, Math.max(12, tail.byteLength)), bytes).toEqual({ kind: 'whole' });
  }
  const footerBytes = file.readUInt32LE(file.byteLength - 8) + 8;
  for (let at = file.byteLength - footerBytes; at < file.byteLength; at++) {
    const broken = Buffer.from(file);
    broken[at] = (broken[at] ?? 0) ^ 0x5a;
    const wanted = choose(broken.subarray(-65_536), file.byteLength);
    if (wanted.kind !== 'ranges') continue;
    for (const { start, end } of wanted.ranges) {
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(file.byteLength);
    }
  }
});
