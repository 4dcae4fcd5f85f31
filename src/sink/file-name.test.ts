import { expect, test } from 'vitest';
import type { FileNaming } from '../sql/script.ts';
import { dataFileName } from './file-name.ts';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const cases: readonly [Partial<FileNaming>, RegExp][] = [
  [{}, new RegExp(`^part-00000-${uuid}-c000\\.zstd\\.parquet$`)],
  [{ strategy: 'uuid_v7' }, /^part-00000-018cc251-f400-7[0-9a-f]{3}-/],
  [{ strategy: 'ulid' }, /^part-00000-01HK153X00[0-9A-HJKMNP-TV-Z]{16}-c000\.zstd\.parquet$/],
  [{ strategy: 'serial' }, /^00000007-[0-9a-f]{8}\.parquet$/],
  [{ prefix: 'in', suffix: '.x' }, new RegExp(`^in-${uuid}\\.x\\.parquet$`)],
  [{ prefix: 'in', strategy: 'serial' }, /^in-00000007-[0-9a-f]{8}\.parquet$/],
];

test.each(cases)('%j names files %s', (given, expected) => {
  const naming: FileNaming = { prefix: undefined, suffix: undefined, strategy: 'uuid', ...given };
  const random = new Uint8Array(16).fill(0xab);
  const nowMs = Date.UTC(2024, 0, 1);
  const name = dataFileName({ naming, compression: 'zstd', serial: 7, nowMs, random });
  expect(name).toMatch(expected);
});
