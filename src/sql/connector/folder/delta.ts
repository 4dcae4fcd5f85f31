import type { CompactionOptions, SinkConnector } from '../../script.ts';
import { readSinkFormat } from '../formats.ts';
import type { OptionReader } from '../option-reader.ts';
import type { TableText } from '../table-text.ts';
import { readFolderOptions, readParquetOptions } from './folder-options.ts';
import { readTableProperties } from './table-properties.ts';

/** Options of `connector = 'delta'`. */
export function readDelta(table: TableText): SinkConnector {
  const folder = readFolderOptions(table);
  readSinkFormat(table.options, ['parquet']);
  const compaction = readCompaction(table.options);
  const hasLocalTimes = table.options.boolean('delta.timestamp_ntz') === true ? true : undefined;
  const properties = readTableProperties(table.options);
  const parquet = readParquetOptions(table.options);
  return { kind: 'delta', ...folder, ...parquet, compaction, hasLocalTimes, properties };
}

/** Undefined where nothing is said of it. */
function readCompaction(options: OptionReader): CompactionOptions | undefined {
  const isOn = options.boolean('compaction.enabled');
  const sortBy = options.names('compaction.sort_by').map((name) => name.text);
  if (isOn === undefined && sortBy.length === 0) return undefined;
  return { isOn: isOn ?? true, sortBy };
}
