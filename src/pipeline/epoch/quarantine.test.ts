import { isUtf8 } from 'node:buffer';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, Engine } from '../../engine/engine.ts';
import { position } from '../../event/record.ts';
import type { RecordOrigin } from '../../format/format.ts';
import { type Reason, type RejectedRecords, Rejections } from '../../format/rejected-records.ts';
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

const reasons: readonly Reason[] = [
  { code: 'type_mismatch', message: 'Column "id": 0 is “no” BIGINT.' },
  { code: 'malformed_json', message: 'The line is not valid JSON.' },
  { code: 'type_mismatch', message: 'Column "id": 2 is “no” BIGINT.' },
];

function rejectedOf(source: string, partition: string, count: number): RejectedRecords {
  const rejections = new Rejections();
  for (let row = 0; row < count; row++) {
    const reason = reasons[row % reasons.length];
    if (reason !== undefined) rejections.add(3 * row, rejections.reason(reason));
  }
  const record = (row: number): RecordOrigin => ({
    partition,
    position: position(`${source} ${partition}:${row}`),
    raw: raws[(row / 3) % raws.length] ?? Buffer.alloc(0),
    metadata: metadataOf(source, row),
  });
  return rejections.of({ source, partition, rejectedAtMs: 1_700_000_000_123, record });
}

/** Some sources have none, of others some records. */
function metadataOf(source: string, row: number): string | undefined {
  return source === 'views' && row % 2 === 1 ? `{"offset_id":${row}}` : undefined;
}

test.each([1, 2, 5000])('quarantine rows say all of %i rejected records', async (count) => {
  const groups = [rejectedOf('orders', '0', count), rejectedOf('orders', '1', 7)];
  groups.push(rejectedOf('views', '0', count));
  const select = await quarantineRows(connection, "the 'pipeline'", groups);
  const rows = await connection.rows(`SELECT * REPLACE (hex(raw) AS raw) FROM (${select})
    ORDER BY split_part(position, ':', 1), split_part(position, ':', 2)::INT`);
  const expected = groups.flatMap((records) => [...records]);
  expect(rows).toHaveLength(2 * count + 7);
  for (const [index, record] of expected.entries()) {
    const raw = Buffer.from(record.raw);
    const row = Number(record.position.split(':')[1]);
    const isText = isUtf8(raw) && !raw.includes(0);
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
      metadata: metadataOf(record.source, row) ?? null,
    });
  }
  await dropQuarantineRows(connection);
  await expect(connection.rows(select)).rejects.toThrow('does not exist');
});
