import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc } from '../../test/properties.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { Engine } from '../engine/engine.ts';
import { MemoryStorage } from '../storage/memory/memory-storage.ts';
import type { HeldFile, Storage, StoredObject } from '../storage/storage.ts';
import { parseActions } from './actions.ts';
import { logFolder } from './log/names.ts';
import { DeltaTable, type TableOptions } from './table.ts';

let engine: Engine;
let folder: string;
let options: TableOptions;

const clock: Clock = {
  nowMs: () => 1_700_000_000_000,
  monotonicMs: () => 0,
  sleep: async () => {},
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-racing-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: folder });
  options = { engine, clock, random: () => 0.5, temporaryFolder: folder };
});
afterAll(async () => {
  engine.close();
  await rm(folder, { recursive: true });
});

const appIds = ['app-0', 'app-0', 'app-1', 'app-2'];
const commitsOfEach = 4;

test('racing writers whose answers get lost commit every step once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const truth = new MemoryStorage({ clock });
      await DeltaTable.create(truth, {
        ...options,
        tableId: 'table',
        schema: [{ name: 'id', type: { kind: 'integer', bits: 64, isUnsigned: false } }],
        partitionColumns: [],
        configuration: {},
      });
      const storage = new LossyStorage(truth, seededByte(seed));
      const acknowledged = await Promise.all(
        appIds.map(async (appId, writer) => await writeSteps(storage, appId, writer)),
      );
      await storage.settle();
      const commits = await commitsOf(truth);
      checkChains(commits);
      const stored = commits.flatMap((commit) => commit.paths);
      expect(new Set(stored).size).toBe(stored.length);
      expect(stored).toEqual(expect.arrayContaining(acknowledged.flat()));
      const reopened = await DeltaTable.open(truth, options);
      expect(reopened!.snapshot().files.map((file) => file.path)).toEqual(stored);
    }),
    { numRuns: 150 },
  );
});

/**
 * Does what a sink does: steps on from where its transaction is, with new files for every attempt.
 */
async function writeSteps(storage: Storage, appId: string, writer: number): Promise<string[]> {
  const acknowledged: string[] = [];
  const table = await untilItWorks(async () => (await DeltaTable.open(storage, options))!);
  let expected: number | undefined;
  for (let attempt = 0; acknowledged.length < commitsOfEach && attempt < 60; attempt++) {
    const version = (expected ?? 0) + 1 + ((writer + attempt) % 3);
    const path = `${appId}/${expected ?? 'none'}-${version}/${writer}-${attempt}`;
    try {
      const outcome = await table.commit({
        operation: 'STREAMING UPDATE',
        transaction: { appId, expected, version },
        adds: [{ path, partitionValues: {}, byteLength: 1, modifiedAtMs: 1, statsJson: '{}' }],
        newColumns: [],
      });
      if (outcome.kind === 'committed') acknowledged.push(path);
      expected = outcome.kind === 'committed' ? version : outcome.txnVersion;
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(HeliosError);
    }
  }
  return acknowledged;
}

/** Bytes from mulberry32, the same for the same seed. */
function seededByte(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) & 0xff;
  };
}

async function untilItWorks<T>(action: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await action();
    } catch (thrown) {
      if (attempt >= 100) throw thrown;
    }
  }
}

type CommitFacts = {
  readonly transactions: readonly { readonly appId: string; readonly version: number }[];
  readonly paths: readonly string[];
};

async function commitsOf(storage: Storage): Promise<CommitFacts[]> {
  const objects = await Array.fromAsync(storage.list(`${logFolder}/`));
  const names = objects.map((object) => object.path);
  expect(names).toEqual(
    names.map((_, version) => `${logFolder}/${String(version).padStart(20, '0')}.json`),
  );
  return await Promise.all(
    names.map(async (name) => {
      const actions = parseActions(await storage.read(name), name);
      return { transactions: actions.transactions, paths: actions.adds.map((add) => add.path) };
    }),
  );
}

/** Every application's files begin where the ones before them ended. */
function checkChains(commits: readonly CommitFacts[]): void {
  const reached = new Map<string, number>();
  for (const { transactions, paths } of commits) {
    for (const { appId, version } of transactions) {
      expect(paths).toEqual([
        expect.stringMatching(`^${appId}/${reached.get(appId) ?? 'none'}-${version}/`),
      ]);
      reached.set(appId, version);
    }
  }
}

/**
 * A storage behind a bad network: a put may fail, or take effect and fail, or fail and take effect
 * later; reads may fail; every call takes a while.
 */
class LossyStorage implements Storage {
  readonly kind = 'memory';
  readonly location = 'lossy:';
  readonly #truth: Storage;
  readonly #roll: () => number;
  readonly #late: (() => Promise<unknown>)[] = [];

  constructor(truth: Storage, roll: () => number) {
    this.#truth = truth;
    this.#roll = roll;
  }

  async settle(): Promise<void> {
    for (const action of this.#late.splice(0)) await action();
  }

  async read(path: string): Promise<Uint8Array> {
    await this.#travel();
    return await this.#truth.read(path);
  }

  async readRange(path: string, start: number, length: number): Promise<Uint8Array> {
    await this.#travel();
    return await this.#truth.readRange(path, start, length);
  }

  async stat(path: string): Promise<StoredObject | undefined> {
    await this.#travel();
    return await this.#truth.stat(path);
  }

  list(
    prefix: string,
    listOptions?: { readonly startAfter?: string },
  ): AsyncIterable<StoredObject> {
    return this.#truth.list(prefix, listOptions);
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<'put' | 'exists'> {
    await this.#travel();
    const action = async (): Promise<'put' | 'exists'> =>
      await this.#truth.putIfAbsent(path, bytes);
    const roll = this.#roll();
    if (roll < 40) this.#late.push(action);
    else if (roll < 80) await action();
    else if (roll >= 100) return await action();
    throw lost();
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.#truth.put(path, bytes);
  }

  async putFile(path: string, localPath: string): Promise<void> {
    await this.#truth.putFile(path, localPath);
  }

  async download(path: string, localPath: string): Promise<void> {
    await this.#travel();
    await this.#truth.download(path, localPath);
  }

  async hold(path: string, byteLength: number): Promise<HeldFile> {
    return await this.#truth.hold(path, byteLength);
  }

  localPath(): undefined {
    return undefined;
  }

  async delete(path: string): Promise<void> {
    await this.#truth.delete(path);
  }

  async #travel(): Promise<void> {
    for (let hop = this.#roll() % 8; hop > 0; hop--) await Promise.resolve();
    if (this.#roll() < 60) await this.#late.shift()?.();
    if (this.#roll() < 8) throw lost();
  }
}

function lost(): HeliosError {
  return new HeliosError('storage_failed', 'The answer was lost.');
}
