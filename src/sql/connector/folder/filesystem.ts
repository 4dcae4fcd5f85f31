import type { FileFormat, SinkConnector } from '../../script.ts';
import { isDebezium, readSinkFormat, timestampFormats } from '../formats.ts';
import type { OptionReader } from '../option-reader.ts';
import type { TableText } from '../table-text.ts';
import { readFolderOptions, readParquetOptions } from './folder-options.ts';

/** Options of `connector = 'filesystem'` as a sink; undefined where its format is none. */
export function readFilesystemSink(table: TableText): SinkConnector | undefined {
  const folder = readFolderOptions(table);
  const format = readFileFormat(table.options);
  return format && { kind: 'filesystem', ...folder, format };
}

function readFileFormat(options: OptionReader): FileFormat | undefined {
  switch (readSinkFormat(options, ['parquet', 'json', 'debezium_json'])) {
    case 'parquet':
      options.refuseAll('json.', 'the files are Parquet.', "Leave it out, or set format = 'json'.");
      return { kind: 'parquet', ...readParquetOptions(options) };
    case 'json':
    case 'debezium_json':
      refuseParquetOptions(options);
      return {
        kind: 'json',
        compression: options.choice(['json.compression'], codecs) ?? 'uncompressed',
        timestampFormat:
          options.choice(['json.timestamp_format'], timestampFormats) ??
          (isDebezium(options) ? 'unix_millis' : 'rfc3339'),
      };
    default:
      options.skipAll('json.', 'parquet');
      return undefined;
  }
}

const codecs = {
  uncompressed: 'uncompressed',
  none: 'uncompressed',
  gzip: 'gzip',
  zstd: 'zstd',
} as const;

function refuseParquetOptions(options: OptionReader): void {
  const hint = "Leave it out, or set format = 'parquet'.";
  for (const prefix of ['parquet.', 'parquet_'] as const) {
    options.refuseAll(prefix, 'the files are JSON lines.', hint);
  }
}
