import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, Engine } from '../../engine/engine.ts';
import { position } from '../../event/record.ts';
import type { RejectedRecord } from '../../event/rejected.ts';
import { dropQuarantineRows, quarantineRows } from './quarantine.ts';

let engine: Engine;
let connection: Connection;

beforeAll(async () => {
  engine = await Engine.open({ threads: 2, memoryBytes: 2 ** 28, tempDirectory: tmpdir() });
  connection = await engine.connect();
});

afterAll(() => {
  connection.close();
  engine.close();
});

const raws = [
  Buffer.from('{"id":"x"}'),
  Buffer.from('Größe 🌍'),
  Buffer.from('a\0b'),
  Buffer.from([0xff, 0x0a]),
  Buffer.alloc(0),
];

function rejected(row: number): RejectedRecord {
  return {
    source: row % 2 === 0 ? 'orders' : 'views',
    partition: String(row % 3),
    position: position(`${row}:7`),
    rejectedAtMs: 1_700_000_000_123,
    code: row % 2 === 0 ? 'type_mismatch' : 'malformed_json',
    message: `Column "id": ${row % 4} is “no” BIGINT.`,
    raw: raws[row % raws.length] ?? Buffer.alloc(0),
  };
}

test('quarantine rows say all of the rejected records', async () => {
  const records = Array.from({ length: 5000 }, (_, row) => rejected(row));
  const select = await quarantineRows(connection, "the 'pipeline'", records);
  const rows = await connection.rows(`SELECT * REPLACE (hex(raw) AS raw) FROM (${select})
    ORDER BY split_part(position, ':', 1)::INT`);
  expect(rows).toHaveLength(records.length);
  for (const [index, record] of records.entries()) {
    const raw = Buffer.from(record.raw);
    const isText = index % raws.length !== 2 && index % raws.length !== 3;
    expect(rows[index]).toEqual({
      pipeline: "the 'pipeline'",
      source: record.source,
      partition: record.partition,
      position: record.position,
      rejected_at: '2023-11-14 22:13:20.123+00',
      code: record.code,
      message: record.message,
      raw: raw.toString('hex').toUpperCase(),
      raw_text: isText ? raw.toString() : null,
    });
  }
  await dropQuarantineRows(connection);
  await expect(connection.rows(select)).rejects.toThrow('does not exist');
});
