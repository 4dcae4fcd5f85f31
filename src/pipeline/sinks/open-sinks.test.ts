import { expect, test } from 'vitest';
import { PipelineFixture } from '../testing/fixture.ts';

const events = `CREATE TABLE events (id BIGINT, at TIMESTAMP)
  WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');`;

function script(table: string, options: string, columns = 'id, at'): string {
  return `${events} CREATE TABLE sunk WITH (connector = 'delta', path = 'tables/${table}',
    type = 'sink'${options}); INSERT INTO sunk SELECT ${columns} FROM events;`;
}

test('times without a zone are kept so, and seen as the instants that they are', async () => {
  await using fixture = await PipelineFixture.open();
  const { supervisor } = fixture;
  const sql = script('ntz', ", 'delta.timestamp_ntz' = true, partition_fields = [day]");
  const withDay = sql.replace('id, at FROM', "id, at, date_trunc('day', at) AS day FROM");
  await supervisor.create({ name: 'p', sql: withDay, isAdopting: false });
  await fixture.sendAndWait('events', ['{"id":1,"at":"2024-05-01T10:00:00.123456Z"}']);
  expect((await fixture.rows('sunk'))[0]?.['at']).toContain('2024-05-01 10:00:00.123456');
  await supervisor.stop('p', { isDiscarding: false });
  const state = (await fixture.delta('tables/ntz')).state();
  expect(state.protocol).toEqual({
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ['timestampNtz'],
    writerFeatures: ['appendOnly', 'invariants', 'timestampNtz'],
  });
  expect(state.metadata.schemaString).toContain('"type":"timestamp_ntz"');
  expect(state.files[0]?.partitionValues).toEqual({ day: '2024-05-01 00:00:00.000000' });
  expect(JSON.parse(state.files[0]?.statsJson ?? '')).toMatchObject({
    minValues: { at: '2024-05-01T10:00:00.123' },
    maxValues: { at: '2024-05-01T10:00:00.124' },
  });
});

test('a table with such times is appended to in its own way, whatever the script says', async () => {
  await using fixture = await PipelineFixture.open();
  const { supervisor } = fixture;
  const first = script('ntz', ", 'delta.timestamp_ntz' = true", 'id, at');
  await supervisor.create({ name: 'p', sql: first, isAdopting: false });
  await fixture.sendAndWait('events', ['{"id":1,"at":"2024-05-01T10:00:00Z"}']);
  await supervisor.stop('p', { isDiscarding: false });
  const second = script('ntz', '', 'id, at, at AS seen');
  await supervisor.create({ name: 'q', sql: second, isAdopting: false });
  await fixture.sendAndWait('events', ['{"id":2,"at":"2024-05-02T10:00:00Z"}']);
  await supervisor.stop('q', { isDiscarding: false });
  const { metadata } = (await fixture.delta('tables/ntz')).state();
  const types = Object.fromEntries(
    (JSON.parse(metadata.schemaString) as { fields: { name: string; type: string }[] }).fields.map(
      ({ name, type }) => [name, type],
    ),
  );
  expect(types).toEqual({ id: 'long', at: 'timestamp_ntz', seen: 'timestamp' });
  const moments = await fixture.rows('sunk', 'DISTINCT typeof("at") AS type');
  expect(moments).toEqual([{ type: 'TIMESTAMP' }]);
});

test('settings of Delta are written into a new table, and gone by', async () => {
  await using fixture = await PipelineFixture.open();
  const { supervisor } = fixture;
  const options = `, 'delta.logRetentionDuration' = interval '7 days',
    'delta.deletedfileretentionduration' = 'interval 36 hours',
    'delta.dataSkippingNumIndexedCols' = 1, 'delta.checkpointInterval' = 3`;
  const sql = script('set', options);
  await supervisor.create({ name: 'p', sql, isAdopting: false });
  await fixture.sendAndWait('events', ['{"id":1,"at":"2024-05-01T10:00:00Z"}']);
  await supervisor.stop('p', { isDiscarding: false });
  const { configuration, files } = (await fixture.delta('tables/set')).state();
  expect(configuration).toEqual({
    'delta.logRetentionDuration': 'interval 7 days',
    'delta.deletedFileRetentionDuration': 'interval 36 hours',
    'delta.dataSkippingNumIndexedCols': '1',
    'delta.checkpointInterval': '3',
  });
  expect(JSON.parse(files[0]?.statsJson ?? '')).toMatchObject({ maxValues: { id: 1 } });
  expect(files[0]?.statsJson).not.toContain('2024');
});
