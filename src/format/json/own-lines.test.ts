import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Engine } from '../../engine/engine.ts';
import { jsonObjectSql } from '../../engine/json-encoding.ts';
import { quoteText } from '../../engine/types.ts';
import { ownLines } from './own-lines.ts';

const select = String.raw`SELECT * FROM (VALUES
  (1, 9223372036854775807, 12345678901234567890.0123456789::DECIMAL(38,10), 0.1::DOUBLE,
   'say "1.5", -2.25 \', '\x00\xFF'::BLOB, TIMESTAMPTZ '2024-02-29 01:02:03.000456+00',
   '{"n": 1.234567890123456789, "s": "1.5", "l": [1e400, 2]}'::JSON,
   [{'d': 1.2345678901234567890::DECIMAL(30,19), 'b': 'x'::BLOB}], MAP {'k': 0.5::DECIMAL(20,1)},
   [0.25::DECIMAL(2,2), 0], DATE '0001-01-01 (BC)'),
  (2, NULL, NULL, 'nan'::DOUBLE, '', NULL, NULL, NULL, [], MAP {}, [-0.01], NULL),
  (3, -1, -0.0000000001::DECIMAL(38,10), '-infinity'::DOUBLE, chr(1) || ',"d":3.25}', ''::BLOB,
   TIMESTAMPTZ '1969-12-31 23:59:59+00', '"x"'::JSON, NULL, NULL,
   NULL, DATE '9999-12-31')
) t(id, big, exact, double, txt, bytes, moment, doc, list, map, fraction, day)`;

test.each(['rfc3339', 'unix_millis'] as const)(
  'rows come back from their lines as they were, with times as %s',
  async (timestampFormat) => {
    const folder = await mkdtemp(join(tmpdir(), 'helios-own-lines-'));
    const engine = await Engine.open({
      threads: 1,
      memoryBytes: 256 * 1024 * 1024,
      tempDirectory: join(folder, 'tmp'),
    });
    try {
      await using connection = await engine.connect();
      const rows =
        timestampFormat === 'rfc3339'
          ? select
          : `SELECT * REPLACE (date_trunc('millisecond', moment) AS moment) FROM (${select})`;
      const schema = await connection.describe(rows);
      const path = join(folder, 'lines.json.zst');
      await connection.execute(
        `COPY (SELECT ${jsonObjectSql(schema, { timestampFormat })} FROM (${rows})) TO
        ${quoteText(path)} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01',
        COMPRESSION zstd)`,
      );
      const read = `SELECT * FROM (${ownLines(schema, timestampFormat)([path])}) ORDER BY id`;
      expect(await connection.describe(read)).toEqual(schema);
      const found = await connection.rows(read);
      const wanted = await connection.rows(`SELECT * REPLACE (replace(
        replace(doc::VARCHAR, ': ', ':'), ', ', ',')::JSON AS doc) FROM (${rows}) ORDER BY id`);
      expect(found).toEqual(wanted);
    } finally {
      engine.close();
      await rm(folder, { recursive: true });
    }
  },
);
