import type { CompactionOptions, SinkConnector } from '../../script.ts';
import { readSinkFormat } from '../formats.ts';
import type { OptionReader } from '../option-reader.ts';
import type { TableText } from '../table-text.ts';
import { readFolderOptions, readParquetOptions } from './folder-options.ts';

/** Options of `connector = 'delta'`. */
export function readDelta(table: TableText): SinkConnector {
  const folder = readFolderOptions(table);
  readSinkFormat(table.options, ['parquet']);
  const compaction = readCompaction(table.options);
  return { kind: 'delta', ...folder, ...readParquetOptions(table.options), compaction };
}

/** Undefined where nothing is said of it. */
function readCompaction(options: OptionReader): CompactionOptions | undefined {
  const isOn = options.boolean('compaction.enabled');
  const sortBy = options.names('compaction.sort_by').map((name) => name.text);
  if (isOn === undefined && sortBy.length === 0) return undefined;
  return { isOn: isOn ?? true, sortBy };
}
