import { afterEach, expect, test } from 'vitest';
import type { Clock } from '../base/clock.ts';
import { armCrashPoint } from '../base/crash-point.ts';
import { HeliosError } from '../base/errors.ts';
import { FileStorage } from '../storage/file/file-storage.ts';
import { ManifestStore } from './epoch/manifest-store.ts';
import { pipelineDirectory } from './open-pipeline.ts';
import { PipelineFixture } from './testing/fixture.ts';
import { ids, script } from './testing/scripts.ts';

/** A clock on which time passes when the test says so. */
class HeldClock implements Clock {
  readonly sleeps = new Set<{ readonly durationMs: number; readonly wake: () => void }>();

  nowMs(): number {
    return 1_700_000_000_000;
  }

  monotonicMs(): number {
    return 0;
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleep = { durationMs, wake: resolve };
    this.sleeps.add(sleep);
    signal?.addEventListener('abort', () => reject(new Error('woken')), { once: true });
    try {
      await promise;
    } finally {
      this.sleeps.delete(sleep);
    }
  }
}

afterEach(() => armCrashPoint('nowhere', () => undefined));

/** Epochs fail of `code` until it is disarmed. */
function failEpochs(code: 'storage_failed' | 'corrupt_data' | 'unreachable'): void {
  armCrashPoint('before-manifest', () => {
    failEpochs(code);
    throw new HeliosError(code, 'The test says no.');
  });
}

type Case = AsyncDisposable & { readonly helios: PipelineFixture; readonly clock: HeldClock };

async function running(): Promise<Case> {
  const clock = new HeldClock();
  const helios = await PipelineFixture.open(undefined, { clock, random: () => 1 });
  const sql = script('SELECT id FROM events');
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  return { helios, clock, [Symbol.asyncDispose]: async () => await helios[Symbol.asyncDispose]() };
}

/** Waits until the pipeline waits for its next try, and for nothing else; says how long. */
async function backoffOf({ helios, clock }: Case): Promise<number> {
  const isWaiting = (): boolean => {
    return helios.supervisor.get('p').state === 'retrying' && clock.sleeps.size === 1;
  };
  await expect.poll(isWaiting, { timeout: 8000, interval: 1 }).toBe(true);
  const [sleep] = clock.sleeps;
  return sleep?.durationMs ?? -1;
}

function wake({ clock }: Case): void {
  for (const { wake: wakeUp } of clock.sleeps) wakeUp();
}

test('what fails is tried again ever later, heals, and then begins anew', async () => {
  await using one = await running();
  const { helios } = one;
  failEpochs('storage_failed');
  const positions = await helios.send('events', ['{"id":1}']);
  for (const waitMs of [500, 1000, 2000]) {
    expect(await backoffOf(one)).toBe(waitMs);
    expect(helios.supervisor.get('p').error).toMatchObject({
      code: 'storage_failed',
      message: 'The test says no.',
    });
    wake(one);
  }
  expect(await backoffOf(one)).toBe(4000);
  armCrashPoint('nowhere', () => undefined);
  wake(one);
  await expect.poll(() => helios.supervisor.get('p').state, { interval: 1 }).toBe('running');
  await helios.supervisor.waitUntilQueryable('events', positions, 8000);
  expect(helios.supervisor.get('p').error).toBeUndefined();
  expect(ids(await helios.rows('sunk'))).toEqual([1]);
  failEpochs('storage_failed');
  await helios.send('events', ['{"id":2}']);
  wake(one);
  expect(await backoffOf(one)).toBe(500);
});

test('it gives up after twenty tries, and goes on when it is started again', async () => {
  await using one = await running();
  const { helios } = one;
  failEpochs('storage_failed');
  const positions = await helios.send('events', ['{"id":1}']);
  const waits: number[] = [];
  for (let attempt = 1; attempt < 20; attempt++) {
    waits.push(await backoffOf(one));
    wake(one);
  }
  expect(waits.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(Math.max(...waits)).toBe(30_000);
  await expect.poll(() => helios.supervisor.get('p').state, { interval: 1 }).toBe('failed');
  expect(one.clock.sleeps.size).toBe(0);
  armCrashPoint('nowhere', () => undefined);
  await helios.supervisor.start('p');
  const reached = await helios.supervisor.waitUntilQueryable('events', positions, 8000);
  expect(reached).toBe('queryable');
  expect(ids(await helios.rows('sunk'))).toEqual([1]);
});

test('it never gives up on servers of somebody else', async () => {
  await using one = await running();
  const { helios } = one;
  failEpochs('unreachable');
  await helios.send('events', ['{"id":1}']);
  for (let attempt = 1; attempt < 25; attempt++) {
    await backoffOf(one);
    wake(one);
  }
  expect(await backoffOf(one)).toBe(30_000);
  armCrashPoint('nowhere', () => undefined);
  wake(one);
  const seen = async (): Promise<readonly unknown[]> => ids(await helios.rows('sunk'));
  await expect.poll(seen, { timeout: 8000, interval: 5 }).toEqual([1]);
});

test('what another process has taken over meanwhile is not taken back, but by a person', async () => {
  await using one = await running();
  const { helios } = one;
  failEpochs('storage_failed');
  await helios.send('events', ['{"id":1}']);
  await backoffOf(one);
  const { id } = helios.catalog.pipeline('p');
  const root = pipelineDirectory(helios.directory, id);
  const store = new ManifestStore(new FileStorage(root), 'manifests');
  const { manifest, hash } = (await store.newest())!;
  const epoch = manifest.epoch + 1;
  await store.put({ ...manifest, epoch, incarnation: 'another process', previous: hash });
  armCrashPoint('nowhere', () => undefined);
  wake(one);
  const info = await helios.supervisor.whenDone('p', AbortSignal.timeout(8000));
  expect(info).toMatchObject({ state: 'failed', error: { code: 'fenced' } });
  await expect(helios.supervisor.stop('p', { isDiscarding: false })).rejects.toMatchObject({
    code: 'fenced',
  });
  expect((await store.newest())?.manifest.epoch).toBe(epoch);
  await helios.supervisor.start('p');
  const seen = async (): Promise<readonly unknown[]> => ids(await helios.rows('sunk'));
  await expect.poll(seen, { timeout: 8000, interval: 5 }).toEqual([1]);
});

test('what trying again cannot help fails at once', async () => {
  await using one = await running();
  failEpochs('corrupt_data');
  await one.helios.send('events', ['{"id":1}']);
  const info = await one.helios.supervisor.whenDone('p', AbortSignal.timeout(8000));
  expect(info).toMatchObject({ state: 'failed', error: { code: 'corrupt_data' } });
  expect(one.clock.sleeps.size).toBe(0);
});

test.each(['stop', 'pause'] as const)('%s does not wait for the next try', async (how) => {
  await using one = await running();
  const { supervisor } = one.helios;
  failEpochs('storage_failed');
  await one.helios.send('events', ['{"id":1}']);
  await backoffOf(one);
  const info = await (how === 'stop'
    ? supervisor.stop('p', { isDiscarding: false })
    : supervisor.pause('p'));
  expect(info).toMatchObject({ state: how === 'stop' ? 'stopped' : 'paused', error: undefined });
  expect(one.clock.sleeps.size).toBe(0);
});
