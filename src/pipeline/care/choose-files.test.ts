import { describe, expect, test } from 'vitest';
import type { DataFile, Snapshot } from '../../delta/delta.ts';
import { chooseFiles } from './choose-files.ts';

const hourMs = 3_600_000;
const nowMs = 1000 * hourMs;
const targetBytes = 1000;

describe('of files that arrived just now', () => {
  test.each<[string, readonly number[], readonly number[][]]>([
    ['seven small ones wait', Array.from({ length: 7 }, () => 10), []],
    ['eight of a kind become one', Array.from({ length: 8 }, () => 10), [[0, 1, 2, 3, 4, 5, 6, 7]]],
    ['eight of two kinds wait', [...Array.from({ length: 7 }, () => 10), 400], []],
    ['large ones stay', Array.from({ length: 9 }, () => 500), []],
    ['those that fill a file do, and the rest waits', [400, 400, 100, 400, 10], [[0, 1, 2]]],
  ])('%s', (_, lengths, expected) => {
    const files = lengths.map((byteLength, index) => file(index, { byteLength }));
    expect(chosen(files)).toEqual(expected);
  });
});

test('a partition that is quiet becomes one file, for as long as it took to fill it', () => {
  const every = (gapMs: number, agoMs: number): readonly DataFile[] =>
    [0, 1, 2].map((index) => file(index, { modifiedAtMs: nowMs - agoMs - (2 - index) * gapMs }));
  expect(chosen(every(1000, 30_000))).toEqual([]);
  expect(chosen(every(1000, 65_000))).toEqual([[0, 1, 2]]);
  expect(chosen(every(300_000, 65_000))).toEqual([]);
  expect(chosen(every(300_000, 1_300_000))).toEqual([[0, 1, 2]]);
});

test('what was merged while it was busy does not make it wait when it is quiet', () => {
  const agoMs = [400_000, 300_000, 200_000, 68_000, 67_000, 66_000, 65_000];
  const files = agoMs.map((ago, index) => file(index, { modifiedAtMs: nowMs - ago }));
  expect(chosen(files)).toEqual([[0, 1, 2, 3, 4, 5, 6]]);
});

test('files of partitions, and of folders, are never mixed', () => {
  const files = Array.from({ length: 24 }, (_, index) => {
    const place = index % 3 === 2 ? null : `p${index % 3}`;
    return file(index, { partitionValues: { place } });
  });
  const bins = chooseFiles(snapshot(files, ['place']), {
    targetBytes,
    nowMs,
    isForced: false,
  }).bins;
  expect(bins.map((bin) => bin.partitionValues['place'])).toEqual(['p0', 'p1', null]);
  for (const bin of bins) expect(bin.files).toHaveLength(8);
  const folders = Array.from({ length: 14 }, (_, index) =>
    file(index, { path: `2024/${index % 2}/${index}` }),
  );
  expect(chosen(folders)).toEqual([]);
  expect(chosen(folders, true).map((run) => run.length)).toEqual([7, 7]);
});

test('the length of what is merged is told by files that are long enough', () => {
  // Long files have 1 byte a row; the small ones 2, which they won't have when they are merged.
  const long = file(0, { byteLength: 900, rowCount: 900 });
  const small = Array.from({ length: 12 }, (_, index) =>
    file(index + 1, { byteLength: 200, rowCount: 100 }),
  );
  expect(chosen([long, ...small])).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9]]);
});

test('who asks gets all that can be merged, and sorting takes whole partitions', () => {
  const files = [10, 700, 990, 20].map((byteLength, index) => file(index, { byteLength }));
  expect(chosen(files, true)).toEqual([[0, 1, 3]]);
  const sorted = { targetBytes, nowMs, isForced: true, sortedBytes: 8000 };
  expect(indexes(chooseFiles(snapshot(files), sorted).bins)).toEqual([[0, 1, 2, 3]]);
});

function chosen(files: readonly DataFile[], isForced = false): number[][] {
  return indexes(chooseFiles(snapshot(files), { targetBytes, nowMs, isForced }).bins);
}

function indexes(bins: readonly { readonly files: readonly DataFile[] }[]): number[][] {
  return bins.map((bin) => bin.files.map(({ path }) => Number(path.split('/').at(-1))));
}

function file(index: number, facts: Partial<DataFile>): DataFile {
  return {
    path: String(index),
    partitionValues: {},
    byteLength: 10,
    modifiedAtMs: nowMs - 1000,
    statsJson: undefined,
    rowCount: undefined,
    ...facts,
  };
}

function snapshot(files: readonly DataFile[], partitionColumns: readonly string[] = []): Snapshot {
  return {
    version: 1,
    tableId: 't',
    protocol: { minReaderVersion: 1, minWriterVersion: 2 },
    schema: [],
    partitionColumns,
    configuration: {},
    files,
    transactions: new Map(),
  };
}
