import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyAgeMaxMs } from '../../log/log.ts';
import type { KeyEntry } from '../../log/key-table.ts';
import { KeyNotes, type NotedKeys } from './key-notes.ts';

const hourMs = 3_600_000;
const nowMs = 1_700_000_000_000;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-key-notes-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function entry(number: number, arrivedAtMs = nowMs): KeyEntry {
  return {
    keyHash: Buffer.alloc(16, number),
    bodyHash: Buffer.alloc(16, number + 1),
    partition: 300,
    from: 2 ** 40 + number,
    byteLength: number,
    arrivedAtMs,
  };
}

async function notedAt(atMs: number): Promise<NotedKeys> {
  return (await KeyNotes.open(directory, atMs)).noted;
}

function numbersOf({ entries }: NotedKeys): readonly number[] {
  return entries.map(({ byteLength }) => byteLength);
}

test('what was noted is there again, and where to look for more', async () => {
  expect(await notedAt(nowMs)).toEqual({ entries: [], positions: undefined });
  const { notes } = await KeyNotes.open(directory, nowMs);
  notes.addPosition(0, 5);
  notes.addKey(entry(1));
  notes.addKey(entry(2));
  notes.addPosition(300, 7);
  notes.addPosition(0, 6);
  await notes.flush(nowMs);
  const noted = await notedAt(nowMs);
  expect(noted.entries).toMatchObject([entry(1), entry(2)]);
  expect(noted.positions).toEqual(
    new Map([
      [0, 6],
      [300, 7],
    ]),
  );
  await notes.close(nowMs, false);
  expect((await notedAt(nowMs)).positions).toBeDefined();
  const again = await KeyNotes.open(directory, nowMs);
  again.notes.addKey(entry(3));
  await again.notes.close(nowMs, true);
  const closed = await notedAt(nowMs);
  expect(closed.positions).toBeUndefined();
  expect(numbersOf(closed)).toEqual([1, 2, 3]);
});

test('a file that ends in the middle of a note, or in nonsense, holds what came before', async () => {
  const { notes } = await KeyNotes.open(directory, nowMs);
  for (const number of [1, 2, 3]) notes.addKey(entry(number));
  await notes.close(nowMs, false);
  const [name = ''] = await readdir(directory);
  const whole = await readFile(join(directory, name));
  const noteBytes = whole.length / 3;
  for (let length = 0; length <= whole.length; length++) {
    for (const rest of [Buffer.alloc(0), Buffer.alloc(noteBytes * 2)]) {
      await writeFile(join(directory, name), Buffer.concat([whole.subarray(0, length), rest]));
      const expected = [1, 2, 3].slice(0, Math.floor(length / noteBytes));
      expect(numbersOf(await notedAt(nowMs))).toEqual(expected);
    }
  }
});

test('keys are forgotten after a day, and files with them; positions are not', async () => {
  const { notes } = await KeyNotes.open(directory, nowMs);
  notes.addPosition(4, 44);
  for (let hour = 0; hour <= 30; hour++) {
    const atMs = nowMs + hour * hourMs;
    notes.addKey(entry(hour, atMs));
    await notes.flush(atMs);
  }
  const endMs = nowMs + 30 * hourMs;
  await notes.close(endMs, false);
  const noted = await notedAt(endMs);
  expect(numbersOf(noted)).toEqual(Array.from({ length: 24 }, (_, index) => index + 7));
  expect(noted.positions).toEqual(new Map([[4, 44]]));
  expect((await readdir(directory)).length).toBeLessThanOrEqual(26);
  expect((await notedAt(endMs + keyAgeMaxMs)).entries).toEqual([]);
});

test('what can not be written is written with what comes after', async () => {
  const { notes } = await KeyNotes.open(directory, nowMs);
  await rm(directory, { recursive: true });
  notes.addKey(entry(1));
  await expect(notes.flush(nowMs)).rejects.toMatchObject({ code: 'storage_failed' });
  await expect(notes.flush(nowMs)).rejects.toMatchObject({ code: 'storage_failed' });
  await mkdir(directory);
  notes.addKey(entry(2));
  await notes.flush(nowMs);
  expect(numbersOf(await notedAt(nowMs))).toEqual([1, 2]);
});
