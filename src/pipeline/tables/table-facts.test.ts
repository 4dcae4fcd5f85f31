import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { PipelineFixture } from '../testing/fixture.ts';
import { QueryableTables } from './queryable-tables.ts';
import { TableCatalog } from './table-facts.ts';

const tableCount = 12;

test('work for a table does not grow with their number', async () => {
  await using fixture = await PipelineFixture.open();
  const { registry, catalog, engine, directory } = fixture;
  for (let index = 0; index < tableCount; index++) {
    const path = join(directory, 'attached', `t${index}`);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'a.csv'), `id,v${index}\n1,x\n`);
    catalog.addTable({ name: `t${index}`, path, kind: 'attached' });
  }
  const listings = vi.spyOn(catalog, 'tables');
  const temporaryDirectory = join(directory, 'tmp', 'tables');
  const queryable = new QueryableTables({ registry, catalog, engine, temporaryDirectory });
  const tables = new TableCatalog({
    ...{ registry, queryable, catalog, baseDirectory: directory, clock: systemClock },
    views: { dataDirectory: directory },
    rejectedOf: () => 0,
  });
  const schemas = new Map<string, readonly string[]>();
  for (const { name, schema } of await tables.list()) {
    schemas.set(
      name,
      schema.map((column) => column.name),
    );
  }
  expect(listings.mock.calls.length).toBeLessThanOrEqual(2);
  expect([...schemas.keys()].toSorted()).toEqual([...queryable.names()].toSorted());
  expect(schemas.get('t7')).toEqual(['id', 'v7']);
  listings.mockClear();
  const pins = vi.spyOn(queryable, 'pinAttached');
  for (const name of schemas.keys()) {
    const schema = await queryable.schemaOf(name.toUpperCase());
    expect(schema?.map((column) => column.name)).toEqual(schemas.get(name));
  }
  expect([listings.mock.calls.length, pins.mock.calls.length]).toEqual([0, 0]);
});
