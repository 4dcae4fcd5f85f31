import type {
  FileNaming,
  FolderOptions,
  ParquetOptions,
  RollingPolicy,
  SinkColumn,
} from '../../script.ts';
import { isRemotePath } from '../availability.ts';
import type { OptionReader } from '../option-reader.ts';
import { readPath } from '../sources.ts';
import { readStorageOptions, readUploadOptions } from '../storage-options.ts';
import type { TableText } from '../table-text.ts';

/** The options that all sinks have in common which make files in a folder. */
export function readFolderOptions(table: TableText): FolderOptions {
  const { options } = table;
  const path = readPath(options);
  readTuningOptions(options);
  const isRemote = isRemotePath(path);
  const timePartitionPattern = readTimePattern(options);
  return {
    path,
    storage: { ...readStorageOptions(options, isRemote), ...readUploadOptions(options, isRemote) },
    partitionFields: readPartitionFields(table),
    timePartitionPattern,
    rolling: readRolling(options, timePartitionPattern),
    naming: readNaming(options),
  };
}

export function readParquetOptions(options: OptionReader): ParquetOptions {
  return {
    compression: options.choice(['parquet.compression', 'parquet_compression'], codecs) ?? 'zstd',
    rowGroupBytes: options.bytes('parquet.row_group_size', 'parquet_row_group_size'),
  };
}

const codecs = {
  zstd: 'zstd',
  snappy: 'snappy',
  gzip: 'gzip',
  lz4: 'lz4_raw',
  lz4_raw: 'lz4_raw',
  uncompressed: 'uncompressed',
  none: 'uncompressed',
} as const;

/** Options of tuning that are checked, and have nothing to change here. */
function readTuningOptions(options: OptionReader): void {
  options.boolean('shuffle_by_partition.enabled');
  options.integer(['parquet_row_batch_size'], 1, Number.MAX_SAFE_INTEGER);
  options.choice(['sink.version'], { v1: 'v1', v2: 'v2' });
}

/** Without any option of a policy: 128 MB or 5 minutes, whichever comes first. */
export const rollingDefault: RollingPolicy = {
  intervalMs: 5 * 60 * 1000,
  fileBytes: 128 * 1024 ** 2,
  inactivityMs: undefined,
  onWatermark: false,
};

function readRolling(options: OptionReader, timePattern: string | undefined): RollingPolicy {
  const rolling = {
    intervalMs: options.durationMs('rolling_policy.interval', 'rollover_seconds'),
    fileBytes: options.bytes('rolling_policy.file_size', 'target_file_size'),
    inactivityMs: options.durationMs(
      'rolling_policy.inactivity_interval',
      'inactivity_rollover_seconds',
    ),
    onWatermark: options.boolean('rolling_policy.watermark_expiration') ?? false,
  };
  const { intervalMs, fileBytes, inactivityMs, onWatermark } = rolling;
  if (onWatermark && timePattern === undefined) {
    const message = 'Without folders by time there is none whose time could be over.';
    const hint = "Set partitioning.time_pattern = '%Y/%m/%d/%H', or leave it out.";
    options.report(options.spanOf('rolling_policy.watermark_expiration'), message, hint);
  }
  const hasTrigger =
    intervalMs !== undefined || fileBytes !== undefined || inactivityMs !== undefined;
  if (onWatermark) return { ...rolling, timePattern };
  return hasTrigger ? rolling : rollingDefault;
}

function readNaming(options: OptionReader): FileNaming {
  const strategies = { serial: 'serial', uuid: 'uuid', uuid_v7: 'uuid_v7', ulid: 'ulid' } as const;
  return {
    prefix: readNamePart(options, 'filename.prefix'),
    suffix: readNamePart(options, 'filename.suffix'),
    strategy: options.choice(['filename.strategy'], strategies) ?? 'uuid_v7',
  };
}

function readNamePart(options: OptionReader, name: string): string | undefined {
  const part = options.text(name);
  if (part === undefined || /^[\w.=-]{1,64}$/.test(part)) return part;
  const hint = 'Use up to 64 letters, digits, ".", "_", "-" and "=".';
  options.report(options.spanOf(name), `"${part}" can't be part of a file's name.`, hint);
  return undefined;
}

function readTimePattern(options: OptionReader): string | undefined {
  const names = ['partitioning.time_pattern', 'time_partition_pattern'] as const;
  const pattern = options.text(...names);
  if (pattern === undefined) return undefined;
  const span = options.spanOf(...names);
  const unknown = /%(?:[^YymdHMSjBbaAUWGVu%]|$)/.exec(pattern)?.[0];
  if (unknown !== undefined) {
    const hint = 'It knows %Y %m %d %H %M %S %j and %%, as in %Y/%m/%d/%H.';
    options.report(span, `The pattern "${pattern}" has ${unknown}, which means nothing.`, hint);
  }
  const isPath = pattern.split('/').every((part) => part !== '' && !/^\.\.?$/.test(part));
  if (!isPath || /[\\\0]/.test(pattern)) {
    const hint = 'Write folders between single slashes, as in %Y/%m/%d/%H.';
    options.report(span, `The pattern "${pattern}" is not a path below the table.`, hint);
  }
  return pattern;
}

function readPartitionFields(table: TableText): readonly string[] {
  const { options, partitionedBy } = table;
  const fields = options.names('partitioning.fields', 'partition_fields');
  if (partitionedBy === undefined) return fields.map((field) => field.text);
  if (fields.length > 0) {
    const message = 'PARTITIONED BY and partitioning.fields say the same thing.';
    options.report(partitionedBy[0] ?? table.name, message, 'Keep one of them.');
  }
  return partitionedBy.map((token) => token.value);
}

/** Reports fields that are no columns, or are there twice. */
export function checkPartitions(
  table: TableText,
  fields: readonly string[],
  columns: readonly SinkColumn[] | undefined,
): void {
  const span = table.options.spanOf('partitioning.fields', 'partition_fields');
  fields.forEach((field, index) => {
    if (fields.some((other, at) => at < index && isSame(other, field))) {
      table.options.report(span, `The table is partitioned by "${field}" twice.`);
    }
    if (columns === undefined || columns.some((column) => isSame(column.name, field))) return;
    table.reportUnknown(
      span,
      'column',
      field,
      columns.map((column) => column.name),
    );
  });
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
