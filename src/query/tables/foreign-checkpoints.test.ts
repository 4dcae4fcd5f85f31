import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inlineDescriptor } from '../../delta/deletion/vector-fixture.ts';
import { ForeignTableFixture } from '../fixture/foreign-table.ts';
import { TablesFixture } from '../fixture/tables-fixture.ts';

let fixture: TablesFixture;
beforeAll(async () => {
  fixture = await TablesFixture.open();
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

test.each(['json', 'parquet'])('a V2 checkpoint as %s names its sidecars', async (form) => {
  const { catalog, directory, engine } = fixture.pipelines;
  const name = `v2_${form}`;
  const path = join(directory, 'foreign', name);
  const table = new ForeignTableFixture(path, engine);
  await table.create([['id', 'long']], { features: ['v2Checkpoint', 'deletionVectors'] });
  const whole = await table.file('SELECT range AS id FROM range(10)');
  const cut = await table.file('SELECT range AS id FROM range(10, 20)', {
    deletionVector: inlineDescriptor([0, 1]),
  });
  await table.commit([whole, cut]);
  const lines = [
    { checkpointMetadata: { version: 1 } },
    {
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: [],
        writerFeatures: [],
      },
    },
    ForeignTableFixture.metadata([['id', 'long']]),
    { sidecar: { path: 'one.parquet', sizeInBytes: 1, modificationTime: 1 } },
  ];
  await using connection = await engine.connect();
  const put = async (to: string, actions: readonly object[]): Promise<void> => {
    await table.put(`${to}.ndjson`, actions.map((action) => JSON.stringify(action)).join('\n'));
    await connection.execute(
      `COPY (FROM read_json('${join(path, to)}.ndjson', map_inference_threshold = -1,
         field_appearance_threshold = 0)) TO '${join(path, to)}' (FORMAT parquet)`,
    );
    await unlink(`${join(path, to)}.ndjson`);
  };
  await put('_delta_log/_sidecars/one.parquet', [whole, cut]);
  const top = `_delta_log/${'1'.padStart(20, '0')}.checkpoint.3a0d65cd-4056-49b8-937b-95f9e3ee90e5`;
  if (form === 'json')
    await table.put(`${top}.json`, lines.map((one) => JSON.stringify(one)).join('\n'));
  else await put(`${top}.parquet`, lines);
  for (const version of [0, 1]) {
    await unlink(join(path, '_delta_log', `${String(version).padStart(20, '0')}.json`));
  }
  catalog.addTable({ name, path, kind: 'attached' });
  expect(await fixture.rows(`SELECT count(*), min(id), max(id) FROM ${name}`)).toEqual([
    ['18', '0', '19'],
  ]);
});
