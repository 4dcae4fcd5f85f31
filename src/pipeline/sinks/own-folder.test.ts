import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PipelineFixture } from '../testing/fixture.ts';
import { script } from '../testing/scripts.ts';
import { checkIsNotOwn } from './own-folder.ts';

let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-own-'));
  data = join(folder, 'data');
  await mkdir(join(data, 'log'), { recursive: true });
  await symlink(data, join(folder, 'link'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test.each<[string, string | undefined]>([
  ['data/log', 'events'],
  ['data/log/events/0', 'events'],
  ['link/pipelines/x', 'state'],
  ['data/pipelines', 'state'],
  ['data/catalog.db', 'catalog'],
  ['data/catalog.db-wal', 'catalog'],
  ['data/tmp/x', 'temporary files'],
  ['data/tables', 'tables'],
  ['data/tables/quarantine/x', 'tables of rejected records'],
  ['data', 'files'],
  ['.', 'files'],
  ['data/tables/mine', undefined],
  ['data/mine', undefined],
  ['data-too', undefined],
  ['elsewhere/log', undefined],
])('a sink at %s is among Helios’s own %s', (path, what) => {
  const position = { line: 1, column: 1, length: 1 };
  const check = (): void => checkIsNotOwn({ table: 't', path: join(folder, path), position }, data);
  if (what === undefined) return check();
  expect(check).toThrow(`is where Helios keeps its own ${what}.`);
});

test('in an object store there is nothing of its own', () => {
  const position = { line: 1, column: 1, length: 1 };
  checkIsNotOwn({ table: 't', path: 's3://bucket/log', position }, data);
});

test('a pipeline that would write among the events is refused', async () => {
  await using helios = await PipelineFixture.open();
  const sql = script('SELECT id FROM events').replace('tables/sunk', 'log/events');
  await expect(
    helios.supervisor.create({ name: 'p', sql, isAdopting: false }),
  ).rejects.toMatchObject({
    code: 'invalid_config',
    message: expect.stringMatching(
      /^The path of sunk, .*log\/events, is where Helios keeps its own/,
    ),
    position: { line: 3 },
  });
  expect(helios.supervisor.list()).toEqual([]);
});
