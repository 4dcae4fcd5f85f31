import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PipelineFixture } from '../testing/fixture.ts';

const source = `CREATE TABLE events (id BIGINT, price DECIMAL(9, 2), at TIMESTAMP)
  WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');`;
const event = '{"id":1,"price":1.28,"at":"2024-01-01T00:00:00.5Z"}';

test('rows that are only added are inserts, which a source reads back', async () => {
  await using helios = await PipelineFixture.open();
  const path = join(helios.directory, 'out.json');
  const sql = `${source}
    CREATE TABLE out WITH (connector = 'single_file', path = '${path}', format = 'debezium_json');
    INSERT INTO out SELECT * FROM events;`;
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await helios.sendAndWait('events', [event, '{"id":2}']);
  expect(await readFile(path, 'utf8')).toBe(
    '{"before":null,"after":{"id":1,"price":"AIA=","at":1704067200500},"op":"c"}\n' +
      '{"before":null,"after":{"id":2,"price":null,"at":null},"op":"c"}\n',
  );
  const again = `CREATE TABLE changes (id BIGINT, price DECIMAL(9, 2), at TIMESTAMP)
      WITH (connector = 'single_file', path = '${path}', format = 'debezium_json');
    CREATE TABLE sunk WITH (connector = 'delta', path = 'tables/sunk', type = 'sink');
    INSERT INTO sunk SELECT * FROM changes;`;
  await helios.supervisor.create({ name: 'again', sql: again, isAdopting: false });
  await expect
    .poll(async () => await helios.rows('sunk', 'id, price::VARCHAR AS price'))
    .toEqual([
      { id: '1', price: '1.28' },
      { id: '2', price: null },
    ]);
});

test('files of a folder hold them too, with decimals as numbers', async () => {
  await using helios = await PipelineFixture.open();
  const sql = `${source}
    CREATE TABLE out WITH (connector = 'filesystem', path = 'files', type = 'sink',
      format = 'debezium_json', 'json.timestamp_format' = 'rfc3339', inactivity_rollover_seconds = 1);
    INSERT INTO out SELECT * FROM events;`;
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await helios.sendAndWait('events', [event]);
  await helios.supervisor.stop('p', { isDiscarding: false });
  const folder = join(helios.directory, 'files');
  const files = (await readdir(folder)).filter((name) => /^[^._].*json$/.test(name));
  const texts = await Promise.all(
    files.map(async (name) => await readFile(join(folder, name), 'utf8')),
  );
  expect(texts).toEqual([
    '{"before":null,"after":{"id":1,"price":1.28,"at":"2024-01-01T00:00:00.500000Z"},"op":"c"}\n',
  ]);
});
