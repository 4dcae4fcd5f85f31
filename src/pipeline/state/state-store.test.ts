import { expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { MemoryStorage } from '../../storage/memory/memory-storage.ts';
import { decodeState, encodeState, type StateObject } from './state-object.ts';
import { StateStore } from './state-store.ts';

function stateOf(owner: string, number: number, object?: string): StateObject {
  const catalog =
    object === undefined ? null : { object, offset: 0, byteLength: 1, crc32: '00000000' };
  return {
    format: 1,
    number,
    owner: { id: owner, pid: 1, host: owner, intervalMs: 1000 },
    isReleased: false,
    atMs: 0,
    catalog,
    pipelines: [],
  };
}

async function failure(action: Promise<unknown>): Promise<HeliosError> {
  const thrown = await action.catch((error: unknown) => error);
  if (thrown instanceof HeliosError) return thrown;
  throw new Error(`did not fail: ${String(thrown)}`);
}

async function pathsIn(storage: MemoryStorage): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const { path } of storage.list('')) paths.push(path);
  return paths;
}

test('of two owners the second to put a number is fenced, and told by whom', async () => {
  const storage = new MemoryStorage();
  const [one, two] = [new StateStore(storage), new StateStore(storage)];
  await one.put(stateOf('one', 1));
  expect(await two.newest()).toEqual(stateOf('one', 1));
  await two.put(stateOf('two', 2));
  const fenced = await failure(one.put(stateOf('one', 2)));
  expect(fenced.code).toBe('fenced');
  expect(fenced.message).toContain('Another Helios process (pid 1 on two) has taken over');
});

test('its own put whose answer was lost is where an owner goes on from', async () => {
  const storage = new MemoryStorage();
  const store = new StateStore(storage);
  const landed = stateOf('one', 1, 'catalogs/a');
  await storage.putIfAbsent('states/00000000000000000001.json', encodeState(landed));
  expect(await store.put(stateOf('one', 1, 'catalogs/b'))).toEqual(landed);
});

test('a number that was used and deleted is not to be had', async () => {
  const storage = new MemoryStorage();
  const [sleeper, other] = [new StateStore(storage), new StateStore(storage)];
  await sleeper.put(stateOf('sleeper', 1));
  await other.newest();
  for (let number = 2; number <= 30; number++) {
    await other.put(stateOf('other', number));
    await other.collect();
  }
  expect(await pathsIn(storage)).not.toContain('states/00000000000000000002.json');
  expect((await failure(sleeper.put(stateOf('sleeper', 2)))).code).toBe('fenced');
  expect((await other.newest())?.number).toBe(30);
});

test('what the newest states name stays, all else goes', async () => {
  const storage = new MemoryStorage();
  const store = new StateStore(storage);
  for (let number = 1; number <= 12; number++) {
    const name = `catalogs/${number}`;
    store.noteObject(name);
    await storage.put(name, Buffer.from('x'));
    await store.put(stateOf('one', number, name));
    await store.collect();
  }
  const paths = await pathsIn(storage);
  expect(paths.filter((path) => path.startsWith('states/'))).toHaveLength(8);
  expect(paths.filter((path) => path.startsWith('catalogs/'))).toEqual([
    'catalogs/10',
    'catalogs/11',
    'catalogs/12',
    ...[5, 6, 7, 8, 9].map((n) => `catalogs/${n}`),
  ]);
});

test('after taking over, what nobody names goes, but not what somebody newer made', async () => {
  const storage = new MemoryStorage();
  const store = new StateStore(storage);
  const name = (number: number, rest: string): string =>
    `pipelines/p/${String(number).padStart(20, '0')}-${rest}`;
  for (const path of [name(1, 'named'), name(1, 'orphan'), name(2, 'lost'), name(5, 'newer')]) {
    await storage.put(path, Buffer.from('x'));
  }
  const claimed = stateOf('one', 4, name(1, 'named'));
  await store.put(claimed);
  await store.collectOrphans(claimed);
  const left = (await pathsIn(storage)).filter((path) => path.startsWith('pipelines/'));
  expect(left).toEqual([name(1, 'named'), name(5, 'newer')]);
});

test.each([
  ['no JSON', '{', /can't be read/],
  ['something else', '[]', /it is no state of Helios/],
  ['a newer format', '{"format":2}', /state format 2/],
  ['half of a state', '{"format":1,"number":1}', /it is no state of Helios/],
  [
    'a part that would be written elsewhere',
    JSON.stringify({
      ...stateOf('one', 1),
      pipelines: [
        {
          id: 'p',
          epoch: 1,
          manifest: { object: 'o', offset: 0, byteLength: 1, crc32: 'x' },
          parts: { '../x': { object: 'o', offset: 0, byteLength: 1, crc32: 'x' } },
        },
      ],
    }),
    /it is no state of Helios/,
  ],
])('%s is refused with its place', (_, text, message) => {
  expect(() => decodeState(Buffer.from(text), 's3://b/states/1')).toThrow(message);
  expect(() => decodeState(Buffer.from(text), 's3://b/states/1')).toThrow('s3://b/states/1');
});
