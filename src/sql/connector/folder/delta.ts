import type { SinkConnector } from '../../script.ts';
import { readSinkFormat } from '../formats.ts';
import type { TableText } from '../table-text.ts';
import { readFolderOptions, readParquetOptions } from './folder-options.ts';

/** Options of `connector = 'delta'`. */
export function readDelta(table: TableText): SinkConnector {
  const folder = readFolderOptions(table);
  readSinkFormat(table.options, ['parquet']);
  return { kind: 'delta', ...folder, ...readParquetOptions(table.options) };
}
