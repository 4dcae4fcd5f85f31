import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { Engine } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { Schema } from '../../event/schema.ts';
import type { FileFormat } from '../../sql/script.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Part, RollRequest } from '../sink.ts';
import { FileTable } from './file-table.ts';
import { FilesystemSink, type FilesystemSinkOptions } from './filesystem-sink.ts';

const columns: Schema = [
  { name: 'id', type: { kind: 'integer', bits: 64, isUnsigned: false } },
  { name: 'key', type: { kind: 'text' } },
  { name: 'at', type: { kind: 'timestamp' } },
];

const parquet: FileFormat = { kind: 'parquet', compression: 'zstd', rowGroupBytes: undefined };
const json: FileFormat = { kind: 'json', compression: 'uncompressed', timestampFormat: 'rfc3339' };

const never = { intervalMs: undefined, fileBytes: undefined, inactivityMs: undefined };
const neverRolled = { ...never, onWatermark: false };

const plain: FilesystemSinkOptions['connector'] = {
  kind: 'filesystem',
  path: 'files',
  format: json,
  storage: {},
  partitionFields: [],
  timePartitionPattern: undefined,
  rolling: neverRolled,
  naming: { prefix: undefined, suffix: undefined, strategy: 'uuid_v7' },
};

let directory: string;
let engine: Engine;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-files-'));
  await mkdir(join(directory, 'parts'));
  engine = await Engine.open({ threads: 2, memoryBytes: 2 ** 28, tempDirectory: directory });
});

afterEach(async () => {
  engine.close();
  await rm(directory, { recursive: true, force: true });
});

type Opened = { readonly sink: FilesystemSink; readonly table: FileTable };

async function open(
  connector: Partial<FilesystemSinkOptions['connector']> = {},
  storage: Storage = new FileStorage(join(directory, 'files')),
): Promise<Opened> {
  const whole = { ...plain, ...connector };
  const { format } = whole;
  const table = await FileTable.create(storage, {
    format: 1,
    tableId: 'the-files',
    files: format.kind === 'json' ? { kind: 'json', timestampFormat: 'rfc3339' } : format,
    partitionColumns: whole.partitionFields,
    createdAtMs: 1,
  });
  const sink = new FilesystemSink({
    table,
    storage,
    engine,
    clock: systemClock,
    connector: whole,
    columns,
    timeColumn: whole.timePartitionPattern === undefined ? undefined : 'at',
    stagingDirectory: join(directory, 'staging'),
    onProblem: (problem) => {
      throw problem;
    },
  });
  return { sink, table };
}

/** A part with the rows `id, key, at`. */
async function makePart(sink: FilesystemSink, epoch: number, values: string): Promise<Part> {
  const path = join(directory, 'parts', `${epoch}.parquet`);
  await using connection = await engine.connect();
  const [row] = await connection.rows(
    `COPY (SELECT id::BIGINT AS id, key::VARCHAR AS key, moment::TIMESTAMPTZ AS at
     FROM (VALUES ${values}) AS t(id, key, moment)) TO ${quoteText(path)}
     (${sink.copyOptions}, RETURN_STATS)`,
  );
  return {
    name: `${epoch}.parquet`,
    path,
    firstEpoch: epoch,
    lastEpoch: epoch,
    rowCount: Number(row?.['count']),
    byteLength: Number(row?.['file_size_bytes']),
    statsJson: sink.finalBytesMin === undefined ? undefined : sink.statsOf(row ?? {}),
    newestAtMs: 1,
  };
}

function request(parts: readonly Part[], from: number | undefined, to: number): RollRequest {
  const { signal } = new AbortController();
  return { sinkId: 'p/s', parts, from, to, note: { pipeline: 'p' }, signal };
}

/** Files that a reader of the folder sees, who leaves out what begins with `_` or `.`. */
async function visible(): Promise<readonly string[]> {
  const root = join(directory, 'files');
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !path.split('/').some((part) => /^[._]/.test(part)))
    .toSorted();
}

async function idsIn(paths: readonly string[]): Promise<readonly number[]> {
  const ids: number[] = [];
  for (const path of paths) {
    const text = await readFile(join(directory, 'files', path), 'utf8');
    ids.push(...[...text.matchAll(/"id":(\d+)/g)].map(([, id]) => Number(id)));
  }
  return ids.toSorted((left, right) => left - right);
}

const three = "(1, 'a', '2024-01-01 01:00:00Z'), (2, NULL, '2024-01-01 02:00:00Z'), (3, 'a', NULL)";

test('rolls parts into lines that a listing names', async () => {
  const { sink, table } = await open();
  const parts = [await makePart(sink, 1, three), await makePart(sink, 2, "(4, 'ü', NULL)")];
  expect(await sink.roll(request(parts, undefined, 2))).toMatchObject({ kind: 'rolled' });
  const [path = '', ...others] = await visible();
  expect(others).toEqual([]);
  expect(path).toMatch(/^[0-9a-f-]{36}\.json$/);
  expect(await readFile(join(directory, 'files', path), 'utf8')).toBe(
    '{"id":1,"key":"a","at":"2024-01-01T01:00:00Z"}\n' +
      '{"id":2,"key":null,"at":"2024-01-01T02:00:00Z"}\n' +
      '{"id":3,"key":"a","at":null}\n{"id":4,"key":"ü","at":null}\n',
  );
  expect(await sink.txnEpoch('p/s')).toBe(2);
  const listing = join(directory, 'files', '_helios/p/s/00000000000000000001.json');
  expect(JSON.parse(await readFile(listing, 'utf8'))).toMatchObject({
    from: null,
    to: 2,
    pipeline: 'p',
    files: [{ path, rows: 4 }],
  });
  const again = await FileTable.open(new FileStorage(join(directory, 'files')));
  expect(again?.snapshot()).toEqual(table.snapshot());
});

test.each([
  ['gzip', '.json.gz', gunzipSync],
  ['zstd', '.json.zst', zstdDecompressSync],
] as const)('compresses lines with %s', async (compression, extension, decompress) => {
  const { sink } = await open({ format: { ...json, compression } });
  await sink.roll(request([await makePart(sink, 1, three)], undefined, 1));
  const [path = ''] = await visible();
  expect(path.endsWith(extension)).toBe(true);
  const text = decompress(await readFile(join(directory, 'files', path))).toString('utf8');
  expect(text.split('\n')).toHaveLength(4);
});

test('splits lines by time, then by fields', async () => {
  const split = { partitionFields: ['key'], timePartitionPattern: '%Y/%m/%d/%H' };
  const { sink, table } = await open(split);
  const values = `${three}, (4, 'a', '2024-01-01 01:59:59Z'), (5, 'a=b/c', '2024-01-01 01:00:00Z')`;
  await sink.roll(request([await makePart(sink, 1, values)], undefined, 1));
  const folders = (await visible()).map((path) => path.slice(0, path.lastIndexOf('/')));
  expect(folders.toSorted()).toEqual([
    '2024/01/01/01/key=a',
    '2024/01/01/01/key=a%3Db%2Fc',
    '2024/01/01/02/key=__HIVE_DEFAULT_PARTITION__',
    'no-time/key=a',
  ]);
  const rows = table.snapshot().files.map(({ path, rowCount }) => [path.split('/')[4], rowCount]);
  expect(rows).toContainEqual(['key=a', 2]);
  expect(table.snapshot().files.reduce((sum, { rowCount = 0 }) => sum + rowCount, 0)).toBe(5);
});

test('keeps part files of Parquet as they are, and merges small ones', async () => {
  const { sink, table } = await open({ format: parquet });
  const one = await makePart(sink, 1, three);
  const two = { ...(await makePart(sink, 2, three)), statsJson: undefined };
  const rest = { ...(await makePart(sink, 3, three)), statsJson: undefined };
  await sink.roll(request([one, two, rest], undefined, 3));
  const { files } = table.snapshot();
  expect(files.map(({ rowCount }) => rowCount)).toEqual([3, 6]);
  expect(files[1]?.statsJson).toContain('"numRecords":6');
});

test('names files as it is told', async () => {
  const naming = { prefix: 'events', suffix: '-v1', strategy: 'serial' } as const;
  const { sink } = await open({ naming });
  await sink.roll(request([await makePart(sink, 1, three)], undefined, 1));
  expect(await visible()).toEqual([expect.stringMatching(/^events-0{8}-[0-9a-f]{8}-v1\.json$/)]);
});

test('leaves files of others alone, and out of the table', async () => {
  const { sink, table } = await open();
  await writeFile(join(directory, 'files', 'theirs.json'), '{"id":77}\n');
  await sink.roll(request([await makePart(sink, 1, three)], undefined, 1));
  expect(await visible()).toContain('theirs.json');
  expect(table.snapshot().files.map(({ path }) => path)).not.toContain('theirs.json');
});

test('tells of a folder that is gone', async () => {
  const { sink } = await open();
  const part = await makePart(sink, 1, three);
  await rm(join(directory, 'files'), { recursive: true });
  const rolling = sink.roll(request([part], undefined, 1));
  await expect(rolling).rejects.toMatchObject({ code: 'table_replaced' });
});

test('tells of a listing that is missing among others', async () => {
  const { sink } = await open();
  await sink.roll(request([await makePart(sink, 1, three)], undefined, 1));
  await sink.roll(request([await makePart(sink, 2, three)], 1, 2));
  await rm(join(directory, 'files', '_helios/p/s/00000000000000000001.json'));
  const opening = FileTable.open(new FileStorage(join(directory, 'files')));
  await expect(opening).rejects.toMatchObject({ code: 'corrupt_data' });
});

test('a summary stands for the listings before it', async () => {
  const { sink, table } = await open();
  const storage = new FileStorage(join(directory, 'files'));
  const file = { rows: 1, bytes: 1, partitionValues: {}, stats: null };
  for (let epoch = 0; epoch < 100; epoch++) {
    const from = epoch === 0 ? null : epoch;
    const files = [{ ...file, path: `${epoch}.json` }];
    const listing = { sink: 'p/s', from, to: epoch + 1, committedAtMs: 1, columns, files };
    await table.commit(listing);
  }
  await table.summarize('p/s');
  await sink.roll(request([await makePart(sink, 1, three)], 100, 101));
  await rm(join(directory, 'files', '_helios/p/s/00000000000000000007.json'));
  const again = await FileTable.open(storage);
  expect(again?.snapshot()).toEqual(table.snapshot());
  expect(again?.snapshot().files).toHaveLength(101);
});

test('one of two processes with one sink commits, and the other one takes its files back', async () => {
  const [one, other] = [await open(), await open()];
  const part = await makePart(one.sink, 1, three);
  const outcomes = await Promise.all([
    one.sink.roll(request([part], undefined, 1)),
    other.sink.roll(request([part], undefined, 1)),
  ]);
  expect(outcomes.filter(({ kind }) => kind === 'rolled').length).toBeLessThanOrEqual(1);
  const { sink, table } = await open();
  const reached = await sink.txnEpoch('p/s');
  if (reached === undefined) await sink.roll(request([part], undefined, 1));
  const listed = table.snapshot().files.map(({ path }) => path);
  expect(await idsIn(listed)).toEqual([1, 2, 3]);
  expect(await visible()).toEqual(listed);
});

test('a process that was taken over cannot commit files that its successor deletes', async () => {
  const [reached, resumed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const before = new HookedStorage(join(directory, 'files'));
  const after = new HookedStorage(join(directory, 'files'));
  const [one, other] = [await open({}, before), await open({}, after)];
  const part = await makePart(one.sink, 1, three);
  before.beforeListing = async () => {
    reached.resolve();
    await resumed.promise;
  };
  const overtaken = one.sink.roll(request([part], undefined, 1));
  await reached.promise;
  after.beforeDelete = async () => {
    after.beforeDelete = undefined;
    resumed.resolve();
    await overtaken;
  };
  expect(await other.sink.roll(request([part], undefined, 1))).toMatchObject({ kind: 'rolled' });
  expect(await overtaken).toMatchObject({ kind: 'overtaken' });
  const listed = other.table.snapshot().files.map(({ path }) => path);
  expect(await idsIn(listed)).toEqual([1, 2, 3]);
  expect(await visible()).toEqual(listed);
});

test('a full disk keeps a roll from its end, and the next one does it whole', async () => {
  const storage = new DyingStorage(join(directory, 'files'));
  const { sink, table } = await open({ partitionFields: ['key'] }, storage);
  const parts = [await makePart(sink, 1, three)];
  storage.dieAt(4);
  const rolling = sink.roll(request(parts, undefined, 1));
  await expect(rolling).rejects.toMatchObject({ code: 'storage_failed' });
  expect(await visible()).toHaveLength(1);
  expect(table.snapshot().files).toEqual([]);
  storage.revive();
  expect(await sink.roll(request(parts, undefined, 1))).toMatchObject({ fileCount: 2 });
  const listed = table.snapshot().files.map(({ path }) => path);
  expect(await idsIn(listed)).toEqual([1, 2, 3]);
  expect(await visible()).toEqual(listed.toSorted());
  expect(await readdir(join(directory, 'staging'))).toEqual([]);
});

describe('wherever a process dies', () => {
  /** Writes of one roll: its plan, two files, the listing, and the plan's deletion. */
  const writes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

  test.each(writes)('at write %i, no row is lost, and none is ever seen twice', async (failing) => {
    const split = { partitionFields: ['key'] };
    const storage = new DyingStorage(join(directory, 'files'));
    const first = await open(split, storage);
    const parts = [await makePart(first.sink, 1, three)];
    await first.sink.roll(request(parts, undefined, 1));
    const next = [await makePart(first.sink, 2, "(4, 'a', NULL), (5, 'b', NULL)")];
    storage.dieAt(failing);
    const rolling = first.sink.roll(request(next, 1, 2));
    await rolling.catch((thrown: unknown) => expect(thrown).toBeInstanceOf(HeliosError));
    const seen = await idsIn(await visible());
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.slice(0, 3)).toEqual([1, 2, 3]);

    // More rows have come by the time it is up again, and it dies once more while it tidies up.
    const again = new DyingStorage(join(directory, 'files'));
    const more = [...next, await makePart(first.sink, 3, "(6, 'a', NULL)")];
    const second = await open(split, again);
    const reached = await second.sink.txnEpoch('p/s');
    const rest = more.filter(({ firstEpoch }) => firstEpoch > (reached ?? 0));
    again.dieAt(failing);
    await second.sink.roll(request(rest, reached, 3)).catch(() => undefined);
    const between = await idsIn(await visible());
    expect(new Set(between).size).toBe(between.length);

    const third = await open(split);
    const now = await third.sink.txnEpoch('p/s');
    const left = more.filter(({ firstEpoch }) => firstEpoch > (now ?? 0));
    if (left.length > 0) await third.sink.roll(request(left, now, 3));
    const listed = third.table.snapshot().files.map(({ path }) => path);
    expect(await idsIn(listed)).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await visible()).toSorted()).toEqual(listed.toSorted());
  });
});

/** Lets others do something in between. */
class HookedStorage extends FileStorage {
  beforeListing: (() => Promise<void>) | undefined;
  beforeDelete: (() => Promise<void>) | undefined;

  override async putIfAbsent(path: string, bytes: Uint8Array): Promise<'put' | 'exists'> {
    if (/\d{20}\.json$/.test(path)) await this.beforeListing?.();
    return await super.putIfAbsent(path, bytes);
  }

  override async delete(path: string): Promise<void> {
    await this.beforeDelete?.();
    await super.delete(path);
  }
}

/** Fails from its n-th write on, as for a process that is no more: before the write, or after it. */
class DyingStorage extends FileStorage {
  #writesLeft = Infinity;
  #isAfter = false;

  /** Two numbers for each write: it isn't made, or it is and nobody hears of it. */
  dieAt(number: number): void {
    this.#writesLeft = Math.floor(number / 2);
    this.#isAfter = number % 2 === 1;
  }

  revive(): void {
    this.#writesLeft = Infinity;
  }

  override async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.#dying(async () => await super.put(path, bytes));
  }

  override async putIfAbsent(path: string, bytes: Uint8Array): Promise<'put' | 'exists'> {
    return await this.#dying(async () => await super.putIfAbsent(path, bytes));
  }

  override async putFile(path: string, localPath: string): Promise<void> {
    await this.#dying(async () => await super.putFile(path, localPath));
  }

  override async delete(path: string): Promise<void> {
    await this.#dying(async () => await super.delete(path));
  }

  async #dying<T>(write: () => Promise<T>): Promise<T> {
    const dead = new HeliosError('storage_failed', 'The process is no more.');
    if (this.#writesLeft < 0 || (this.#writesLeft === 0 && !this.#isAfter)) throw dead;
    this.#writesLeft--;
    const written = await write();
    if (this.#writesLeft < 0) throw dead;
    return written;
  }
}
