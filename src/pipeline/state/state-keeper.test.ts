import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { Catalog } from '../../catalog/catalog.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import { MemoryStorage } from '../../storage/memory/memory-storage.ts';
import type { Manifest } from '../epoch/manifest.ts';
import { ManifestStore } from '../epoch/manifest-store.ts';
import { PartStore } from '../epoch/part-store.ts';
import { checkNoMark } from './local-mark.ts';
import { StateKeeper } from './state-keeper.ts';
import { takeOver, type TakenOver } from './take-over.ts';

/** Fails, or does something first, where a test wants it. */
class Store extends MemoryStorage {
  before: (path: string) => Promise<void> = async () => undefined;
  readonly puts: string[] = [];

  override async putIfAbsent(path: string, bytes: Uint8Array): Promise<'put' | 'exists'> {
    await this.before(path);
    this.puts.push(path);
    return await super.putIfAbsent(path, bytes);
  }

  override async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.before(path);
    this.puts.push(path);
    await super.put(path, bytes);
  }
}

let folder: string;
let storage: Store;
const machines: Machine[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-state-'));
  storage = new Store();
});

afterEach(async () => {
  for (const machine of machines.splice(0)) await machine.die();
  await rm(folder, { recursive: true, force: true });
});

/** A machine that has taken the state, with a pipeline whose epochs are made by hand. */
class Machine {
  readonly root: string;
  readonly taken: TakenOver;
  readonly catalog: Catalog;
  readonly parts: PartStore;
  readonly keeper: StateKeeper;
  readonly manifests: ManifestStore;
  fenced: HeliosError | undefined;
  #isDead = false;
  readonly problems: HeliosError[] = [];

  private constructor(root: string, taken: TakenOver) {
    this.root = root;
    this.taken = taken;
    this.catalog = new Catalog(join(root, 'catalog.db'));
    const directory = join(root, 'pipelines', 'p');
    this.parts = new PartStore(join(directory, 'parts'));
    this.manifests = new ManifestStore(new FileStorage(directory), 'manifests');
    this.keeper = new StateKeeper({
      ...taken,
      storage,
      catalog: this.catalog,
      dataDirectory: root,
      partStore: () => this.parts,
      clock: systemClock,
      onFenced: (error) => (this.fenced = error),
      onProblem: (problem) => this.problems.push(problem),
    });
    machines.push(this);
  }

  static async on(disk: string): Promise<Machine> {
    const root = join(folder, disk);
    await mkdir(join(root, 'tmp'), { recursive: true });
    await mkdir(join(root, 'pipelines'), { recursive: true });
    const owner = { id: `${disk}-${Math.random()}`, pid: 1, host: disk, intervalMs: 3_600_000 };
    const machine = new Machine(root, await takeOver({ storage, root, owner, clock: systemClock }));
    await machine.parts.open();
    machine.keeper.start();
    return machine;
  }

  /** As a machine that is switched off: nothing more of it reaches the store. */
  async die(): Promise<void> {
    if (this.#isDead) return;
    this.#isDead = true;
    storage.before = async () => {
      throw new HeliosError('unreachable', 'It is switched off.');
    };
    await this.keeper.close();
    storage.before = async () => undefined;
    this.catalog.close();
  }

  addPipeline(): void {
    const definition = { id: 'p', name: 'p', sql: 'SELECT 1', baseDirectory: '/' };
    this.catalog.addPipeline({ ...definition, wanted: 'running', createdAtMs: 1, revision: 1 });
  }

  /** An epoch whose parts are named after it; `names` are those that are hot. */
  async epoch(epoch: number, names: readonly string[] = [`${epoch}.parquet`]): Promise<void> {
    for (const name of names) await writeFile(this.parts.path(name), `rows of ${name}`);
    await this.manifests.put(manifestOf(epoch, names));
  }

  async content(): Promise<Readonly<Record<string, string>>> {
    const names = (await readdir(this.parts.directory)).toSorted();
    const texts = names.map(async (name) => [name, await readFile(this.parts.path(name), 'utf8')]);
    return Object.fromEntries(await Promise.all(texts));
  }
}

function manifestOf(epoch: number, names: readonly string[]): Manifest {
  const part = { firstEpoch: epoch, lastEpoch: epoch, rowCount: 1, byteLength: 1 };
  const nothing = { fileBytes: null, rolledEpoch: null, skip: null, start: {}, newestAtMs: 0 };
  return {
    format: 1,
    pipeline: 'p',
    revision: 1,
    epoch,
    incarnation: 'i',
    previous: null,
    createdAtMs: 0,
    watermarkMs: null,
    bytesIn: epoch,
    recordsRejected: 0,
    recordsDropped: 0,
    sources: [{ name: 's', identity: 'i', positions: { '0': String(epoch * 10) } }],
    sinks: [
      {
        ...nothing,
        id: 'p/s',
        table: 't',
        tableId: 't',
        sinceEpoch: 0,
        rowsOut: 0,
        parts: names.map((name) => ({ ...part, name, statsJson: null, newestAtMs: 0 })),
      },
    ],
  };
}

test('a machine with an empty disk has catalog, manifest and parts', async () => {
  const one = await Machine.on('one');
  one.addPipeline();
  await one.epoch(1);
  await one.epoch(2, ['1.parquet', '2.parquet']);
  await one.keeper.keep();
  const gate = one.keeper.gate('p');
  expect(gate.keptEpoch()).toBe(2);
  expect(gate.keptSources()).toEqual(manifestOf(2, []).sources);

  const two = await Machine.on('two');
  expect(two.taken.kind).toBe('restored');
  expect(two.catalog.pipelines()).toEqual(one.catalog.pipelines());
  expect((await two.manifests.newest())?.manifest).toEqual(
    manifestOf(2, ['1.parquet', '2.parquet']),
  );
  expect(await two.content()).toEqual(await one.content());

  const failed = await one.keeper.keep().catch((thrown: unknown) => thrown);
  expect(failed).toMatchObject({ code: 'fenced' });
  expect(one.fenced?.message).toContain('on two) has taken over the state at memory:');
});

test('at rest nothing is put; each part is put once', async () => {
  const one = await Machine.on('one');
  one.addPipeline();
  await one.epoch(1);
  await one.keeper.keep();
  storage.puts.length = 0;
  await one.keeper.keep();
  expect(storage.puts).toEqual([]);
  await one.epoch(2, ['1.parquet', '2.parquet']);
  await one.keeper.keep();
  expect(storage.puts).toHaveLength(2);
  const pack = await storage.read(storage.puts[0] ?? '');
  expect(Buffer.from(pack).toString()).toMatch(/^rows of 2\.parquet\{"format":1/);
});

test('who asks while a state is put waits for the next, which serves all of them', async () => {
  const one = await Machine.on('one');
  one.addPipeline();
  await one.keeper.keep();
  storage.puts.length = 0;
  const kept: Promise<void>[] = [];
  await one.epoch(1);
  let isFirst = true;
  storage.before = async () => {
    if (!isFirst) return;
    isFirst = false;
    await one.epoch(2, ['1.parquet', '2.parquet']);
    kept.push(one.keeper.keep(), one.keeper.keep());
  };
  await one.keeper.keep();
  await Promise.all(kept);
  expect(one.keeper.gate('p').keptEpoch()).toBe(2);
  expect(storage.puts.filter((path) => path.startsWith('states/'))).toHaveLength(2);
});

test('what a failed try has stored is used by the next; the status says since when', async () => {
  const one = await Machine.on('one');
  one.addPipeline();
  await one.epoch(1);
  await one.keeper.keep();
  await one.epoch(2, ['1.parquet', '2.parquet']);
  storage.before = async (path) => {
    if (path.startsWith('states/')) throw new HeliosError('unreachable', 'No answer.');
  };
  await expect(one.keeper.keep()).rejects.toThrow('No answer.');
  expect(one.keeper.status.failing).toMatchObject({ message: 'No answer.' });
  expect(one.keeper.gate('p').failingSinceMs()).toBeGreaterThan(0);
  expect(one.keeper.gate('p').keptEpoch()).toBe(1);
  storage.before = async () => undefined;
  storage.puts.length = 0;
  await one.keeper.keep();
  expect(one.keeper.status.failing).toBeUndefined();
  const two = await Machine.on('two');
  expect(await two.content()).toEqual(await one.content());
});

test('a put that landed without an answer does not fence its owner', async () => {
  const one = await Machine.on('one');
  one.addPipeline();
  await one.epoch(1);
  await one.keeper.keep();
  await one.epoch(2, ['1.parquet', '2.parquet']);
  const { number } = one.keeper.status;
  storage.before = async (path) => {
    if (!path.startsWith('states/')) return;
    storage.before = async () => undefined;
    const next = { ...(await one.taken.store.newest()), number: number + 1 };
    await storage.put(path, Buffer.from(JSON.stringify(next)));
    throw new HeliosError('unreachable', 'No answer.');
  };
  await expect(one.keeper.keep()).rejects.toThrow('No answer.');
  await one.keeper.keep();
  expect([one.keeper.gate('p').keptEpoch(), one.keeper.status.number]).toEqual([2, number + 2]);
  expect(one.fenced).toBeUndefined();
});

test('parts that were rolled meanwhile are left out; merged ones replace theirs', async () => {
  const one = await Machine.on('one');
  one.addPipeline();
  await one.epoch(1);
  one.parts.retire(['1.parquet']);
  await one.keeper.keep();
  expect(one.keeper.gate('p').keptEpoch()).toBe(1);
  await one.epoch(2, ['2.parquet', '3.parquet']);
  await one.keeper.keep();
  await one.epoch(3, ['merged.parquet']);
  one.parts.retire(['2.parquet', '3.parquet']);
  await one.keeper.keep();
  const two = await Machine.on('two');
  expect(await two.content()).toEqual({ 'merged.parquet': 'rows of merged.parquet' });
});

test('parts stay while they are stored, though they are retired', async () => {
  const one = await Machine.on('one');
  one.addPipeline();
  await one.keeper.keep();
  await one.epoch(1);
  storage.before = async (path) => {
    if (path.startsWith('states/')) one.parts.retire(['1.parquet']);
  };
  await one.keeper.keep();
  expect(await one.content()).toEqual({});
  const two = await Machine.on('two');
  expect(await two.content()).toEqual({ '1.parquet': 'rows of 1.parquet' });
});

test('a disk that is newer than the store goes on; an older one is set aside', async () => {
  const one = await Machine.on('one');
  one.addPipeline();
  await one.epoch(1);
  await one.keeper.keep();
  await one.epoch(2, ['1.parquet', '2.parquet']);
  await one.die();
  const again = await Machine.on('one');
  expect(again.taken.kind).toBe('continued');
  await again.keeper.keep();
  const two = await Machine.on('two');
  expect((await two.manifests.newest())?.manifest.epoch).toBe(2);
  await two.epoch(3, ['3.parquet']);
  await two.keeper.keep();
  await again.die();
  const back = await Machine.on('one');
  expect([back.taken.kind, await back.content()]).toEqual([
    'restored',
    { '3.parquet': 'rows of 3.parquet' },
  ]);
  const aside = back.taken.setAsideTo ?? '';
  expect(await readdir(join(aside, 'pipelines', 'p', 'parts'))).toEqual(['1.parquet', '2.parquet']);
});

test('a copy of an older disk is set aside, though its owner was the last', async () => {
  const one = await Machine.on('one');
  one.addPipeline();
  await one.epoch(1);
  await one.keeper.keep();
  await rm(join(one.root, 'pipelines', 'p', 'manifests'), { recursive: true });
  await one.die();
  const back = await Machine.on('one');
  expect([back.taken.kind, (await back.manifests.newest())?.manifest.epoch]).toEqual([
    'restored',
    1,
  ]);
});

test('a restore that was cut off is done again', async () => {
  const one = await Machine.on('one');
  one.addPipeline();
  await one.epoch(1);
  await one.keeper.keep();
  const root = join(folder, 'two');
  await mkdir(join(root, 'tmp'), { recursive: true });
  const owner = { id: 'cut', pid: 1, host: 'two', intervalMs: 1 };
  const pack = [...storage.puts].findLast((path) => path.startsWith('pipelines/')) ?? '';
  const bytes = await storage.read(pack);
  await storage.delete(pack);
  const cut = takeOver({ storage, root, owner, clock: systemClock });
  await expect(cut).rejects.toMatchObject({ code: 'not_found' });
  await storage.put(pack, bytes);
  const two = await Machine.on('two');
  expect([two.taken.kind, two.taken.setAsideTo]).toEqual(['restored', undefined]);
  expect(await two.content()).toEqual(await one.content());
});

test('bytes that are not what was stored are refused', async () => {
  const one = await Machine.on('one');
  one.addPipeline();
  await one.epoch(1);
  await one.keeper.keep();
  const pack = [...storage.puts].findLast((path) => path.startsWith('pipelines/')) ?? '';
  const bytes = await storage.read(pack);
  await storage.put(pack, bytes.with(0, 0));
  await expect(Machine.on('two')).rejects.toThrow(/are not what was stored there/);
});

test('a folder with a state of its own, or of another place, is not mixed with this one', async () => {
  const one = await Machine.on('one');
  await one.keeper.keep();
  const root = join(folder, 'own');
  await mkdir(join(root, 'tmp'), { recursive: true });
  new Catalog(join(root, 'catalog.db')).close();
  await expect(Machine.on('own')).rejects.toThrow(/own has a state of its own, and at memory:/);
  await expect(checkNoMark(one.root)).rejects.toThrow(/keeps its state at memory: too/);
  await expect(checkNoMark(root)).resolves.toBeUndefined();
});

test('the last state says that its owner has ended', async () => {
  const one = await Machine.on('one');
  await one.keeper.close();
  expect(await one.taken.store.newest()).toMatchObject({ isReleased: true });
  await expect(one.keeper.keep()).rejects.toMatchObject({ code: 'cancelled' });
});
