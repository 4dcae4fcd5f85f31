import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Clock } from '../../base/clock.ts';
import type { PinnedView, ViewFile } from '../../catalog/view.ts';
import { LinkedFiles, type LinkedView } from './linked-files.ts';

const keptMs = 1000;
let folder: string;
let files: LinkedFiles;
let nowMs: number;
/** Ends the wait that runs. */
let wake: (() => void) | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'links-'));
  mkdirSync(join(folder, 'links'));
  nowMs = 0;
  files = open(keptMs);
});

afterEach(async () => {
  await files.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(milliseconds: number): LinkedFiles {
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (_, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      wake = resolve;
      signal?.addEventListener('abort', () => reject(signal.reason));
      await promise;
    },
  };
  const directory = join(folder, 'links');
  return new LinkedFiles({ directory, owner: undefined, clock, keptMs: milliseconds });
}

function written(name: string, text = name): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function hot(...names: readonly string[]): readonly ViewFile[] {
  return names.map((name) => ({ kind: 'hot', path: written(name) }));
}

async function link(
  viewFiles: readonly ViewFile[],
  partitionColumns: readonly string[] = [],
): Promise<LinkedView> {
  const view: PinnedView = {
    name: 't',
    schema: [],
    partitionColumns,
    version: 1,
    epoch: 1,
    newestEventMs: undefined,
    hotRows: 0,
    files: viewFiles,
    release: () => undefined,
  };
  const [linked] = await files.link([view]);
  if (linked === undefined) throw new Error('no view');
  return linked;
}

function texts(paths: readonly string[]): readonly string[] {
  return paths.map((path) => readFileSync(path, 'utf8'));
}

/** Names in the folder once what was to be removed is. */
async function left(): Promise<readonly string[]> {
  await files.close();
  return readdirSync(join(folder, 'links')).toSorted();
}

it('gives a file the same name for the next query, and links only what is new', async () => {
  const one = await link(hot('a.parquet', 'b.parquet'));
  files.release();
  const two = await link([{ kind: 'hot', path: join(folder, 'b.parquet') }, ...hot('c.parquet')]);
  expect(two.hot[0]).toBe(one.hot[1]);
  expect(texts(two.hot)).toEqual(['b.parquet', 'c.parquet']);
  expect(await left()).toEqual(['f0.parquet', 'f1.parquet', 'f2.parquet']);
});

it('keeps a file that was rolled away', async () => {
  const { hot: paths } = await link(hot('a.parquet'));
  rmSync(join(folder, 'a.parquet'));
  expect(texts(paths)).toEqual(['a.parquet']);
});

it('gives what is another file at the same place another name', async () => {
  const [first = ''] = (await link(hot('a.parquet'))).hot;
  rmSync(join(folder, 'a.parquet'));
  const [second = ''] = (await link([{ kind: 'hot', path: written('a.parquet', 'new') }])).hot;
  expect(second).not.toBe(first);
  expect(texts([first, second])).toEqual(['a.parquet', 'new']);
});

it('gives what was changed in place another name', async () => {
  const [first] = (await link(hot('a.parquet'))).hot;
  utimesSync(written('a.parquet', 'other bytes'), 1, 1);
  const [second] = (await link([{ kind: 'hot', path: join(folder, 'a.parquet') }])).hot;
  expect(second).not.toBe(first);
});

it('removes what no query has asked for in a while, when the next one comes', async () => {
  await link(hot('a.parquet', 'b.parquet'));
  files.release();
  nowMs = keptMs + 1;
  await link(hot('c.parquet'));
  expect(await left()).toEqual(['f2.parquet']);
});

it('removes all when no query comes', async () => {
  await link(hot('a.parquet'));
  files.release();
  wake?.();
  // The wait's end is heard of in the next turns.
  await new Promise(setImmediate);
  expect(await left()).toEqual([]);
});

it('removes nothing of a query that runs, however long', async () => {
  const { hot: before } = await link(hot('a.parquet'));
  files.release();
  const end = wake;
  const { hot: again } = await link([{ kind: 'hot', path: join(folder, 'a.parquet') }]);
  nowMs = 100 * keptMs;
  end?.();
  await new Promise(setImmediate);
  expect(again).toEqual(before);
  expect(texts(again)).toEqual(['a.parquet']);
});

it('removes all at once where nothing is to be kept', async () => {
  files = open(0);
  await link(hot('a.parquet'));
  files.release();
  expect(await left()).toEqual([]);
});

it('numbers partitions alike for all views of a table', async () => {
  const cold = (name: string, day: string): ViewFile => ({
    kind: 'cold',
    path: written(name),
    partitionValues: { day },
    statsJson: undefined,
  });
  const all = await link([cold('a.parquet', '1'), cold('b.parquet', '2')], ['day']);
  const pruned = await link([cold('b.parquet', '2')], ['day']);
  expect(all.partitions).toEqual([{ day: '1' }, { day: '2' }]);
  expect(pruned.partitions).toEqual([undefined, { day: '2' }]);
  expect(pruned.cold[0]).toContain('helios_partition=1');
});

it('fails where a file is gone, and links the others the next time', async () => {
  const gone: ViewFile = { kind: 'hot', path: join(folder, 'gone.parquet') };
  await expect(link([...hot('a.parquet'), gone])).rejects.toMatchObject({ code: 'not_found' });
  expect(texts((await link(hot('a.parquet'))).hot)).toEqual(['a.parquet']);
});
