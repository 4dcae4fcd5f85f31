import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { storedSchema } from '../../delta/schema-json.ts';
import { quoteText } from '../../engine/types.ts';
import { quarantineSchema } from '../epoch/quarantine.ts';
import { PipelineFixture } from '../testing/fixture.ts';
import { script } from '../testing/scripts.ts';

// Tables and parts of rejected records that were made before they kept metadata.

const strict = script('SELECT id FROM events');
const olderSchema = storedSchema(quarantineSchema.filter(({ name }) => name !== 'metadata'));

/** Makes the table as it was, with a file of one record in it. */
async function makeOlderTable(helios: PipelineFixture): Promise<() => Promise<void>> {
  const path = join(helios.directory, 'tables', 'quarantine');
  const { delta } = await helios.registry.openForSink({
    ...{ name: 'quarantine', path, storageOptions: {} },
    ...{ schema: olderSchema, partitionColumns: [] },
  });
  return async () => {
    const file = join(path, 'older.parquet');
    await using connection = await helios.engine.connect();
    await connection.execute(`COPY (SELECT 'p' AS pipeline, 'events' AS source, '0' AS "partition",
      '900' AS "position", now() AS rejected_at, 'missing_field' AS code, 'no' AS message,
      '{"v":"cold"}'::BLOB AS raw, '{"v":"cold"}' AS raw_text) TO ${quoteText(file)}`);
    const { size: byteLength, mtimeMs } = await stat(file);
    await delta.commit({
      operation: 'STREAMING UPDATE',
      transaction: { appId: 'older', expected: undefined, version: 1 },
      adds: [
        {
          ...{ path: 'older.parquet', partitionValues: {}, byteLength },
          ...{ modifiedAtMs: Math.floor(mtimeMs), statsJson: '{"numRecords":1}' },
        },
      ],
      newColumns: [],
      fileSchema: olderSchema,
    });
  };
}

/** Makes the only hot part one that was written before. */
async function makeOlderPart(helios: PipelineFixture): Promise<void> {
  const [feeder] = helios.registry.get('quarantine')?.feeders ?? [];
  const path = feeder?.live.parts[0]?.path ?? '';
  await using connection = await helios.engine.connect();
  await connection.execute(`COPY (SELECT * EXCLUDE (metadata) FROM read_parquet(${quoteText(path)}))
    TO ${quoteText(`${path}.older`)} (FORMAT parquet)`);
  await rename(`${path}.older`, path);
}

test('a quarantine from before records kept metadata is replayed, and gets the column', async () => {
  await using helios = await PipelineFixture.open();
  await helios.log.ensureStream('events');
  const addOlder = await makeOlderTable(helios);
  await helios.supervisor.create({ name: 'p', sql: strict, isAdopting: false });
  await helios.sendAndWait('events', ['{"v":"hot"}']);
  await addOlder();
  await makeOlderPart(helios);
  // As many as are merged: the older part among newer ones.
  const newerCount = 15;
  for (let count = 0; count < newerCount; count++) {
    await helios.sendAndWait('events', [`{"v":"${count}"}`]);
  }
  await vi.waitFor(async () => {
    await helios.sendAndWait('events', ['{"id":1}']);
    const [feeder] = helios.registry.get('quarantine')?.feeders ?? [];
    expect(feeder?.live.parts).toHaveLength(1);
  });
  expect(await helios.rows('quarantine', 'metadata')).toHaveLength(newerCount + 2);
  const lenient = strict.replace('id BIGINT NOT NULL', 'id BIGINT');
  await helios.supervisor.edit('p', lenient, { isDiscarding: false });
  const { id } = await helios.supervisor.replays.replay('p', { filter: {}, key: undefined });
  await vi.waitFor(() => {
    const replay = helios.supervisor.replays.replays().find((one) => one.id === id);
    expect(replay).toMatchObject({ state: 'done', passedCount: newerCount + 2, refusals: [] });
  });
  await helios.supervisor.stop('p', { isDiscarding: false });
  const table = await helios.delta('tables/quarantine');
  expect(table.snapshot().schema.map(({ name }) => name)).toEqual(
    quarantineSchema.map(({ name }) => name),
  );
  const rows = await helios.rows('quarantine', 'raw_text, metadata');
  expect(rows).toHaveLength(newerCount + 2);
  expect(rows.filter(({ raw_text: text }) => text === '{"v":"hot"}')).toHaveLength(1);
});
