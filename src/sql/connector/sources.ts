import type { BadDataPolicy, Compression, SourceConnector, SourceTable } from '../script.ts';
import { connectorRefusal, isRemotePath, pathRefusal } from './availability.ts';
import { readFormat } from './formats.ts';
import type { OptionReader } from './option-reader.ts';
import { readSourceColumns, readTimeFields, readWatermark } from './source-columns.ts';
import { readStorageOptions } from './storage-options.ts';
import { readKafkaSource } from './stream/kafka.ts';
import { readKinesisSource } from './stream/kinesis.ts';
import type { TableText } from './table-text.ts';

/** Makes a source of a CREATE TABLE; what is wrong is reported, and undefined comes back then. */
export function readSource(table: TableText): SourceTable | undefined {
  const { options } = table;
  const connector = readConnector(table);
  if (connector === undefined) return undefined;
  const format = readFormat(options, connector);
  const badData = options.choice<BadDataPolicy>(['bad_data'], badDataPolicies);
  const isStream = connector.kind === 'kafka' || connector.kind === 'kinesis';
  const lineBytesMax = isStream ? refuseFraming(options) : readFraming(options);
  readIgnored(options, isStream);
  const idleMicros = options.integer(['idle_micros'], -1, Number.MAX_SAFE_INTEGER);
  const timeFields = readTimeFields(options);
  options.finish(table.connector);
  if (format === undefined) return undefined;
  const columns = readSourceColumns(table, format, connector);
  return {
    name: table.name.value,
    position: table.lines.positionOf(table.name),
    connector,
    format,
    badData: badData ?? 'quarantine',
    lineBytesMax,
    columns,
    watermark: readWatermark(table, columns, timeFields),
    idleMs: idleMsOf(idleMicros),
  };
}

const badDataPolicies = { quarantine: 'quarantine', drop: 'drop', fail: 'fail' } as const;

function readConnector(table: TableText): SourceConnector | undefined {
  const { options } = table;
  switch (table.connector) {
    case 'http':
      return readHttp(table);
    case 'single_file':
      options.boolean('wait_for_control');
      return {
        kind: 'single_file',
        path: readLocalPath(options),
        compression: readCompression(options),
      };
    case 'filesystem': {
      const path = readPath(options);
      return {
        kind: 'filesystem',
        path,
        storage: readStorageOptions(options, isRemotePath(path)),
        pattern: options.regex('source.regex_pattern', 'source.regex-pattern'),
        compression: readCompression(options),
      };
    }
    case 'kafka':
    case 'confluent':
      return readKafkaSource(table);
    case 'kinesis':
      return readKinesisSource(table);
    default: {
      const { message, hint } = connectorRefusal(table.connector, 'source');
      options.report(options.spanOf('connector'), message, hint);
      return undefined;
    }
  }
}

function readHttp(table: TableText): SourceConnector {
  const { options } = table;
  const given = options.text('stream');
  if (given !== undefined && !streamName.test(given)) {
    const hint =
      'Use up to 128 letters, digits, "_", "-" and single dots; begin with a letter or "_".';
    options.report(options.spanOf('stream'), `"${given}" can't be the name of a stream.`, hint);
  }
  const offsets = { earliest: 'earliest', latest: 'latest' } as const;
  const offset = options.choice(['source.offset'], offsets);
  const stream = given ?? table.name.value;
  return { kind: 'http', stream, offset: offset ?? 'earliest' };
}

/** A stream is a folder of the log and a part of a URL. */
const streamName = /^(?!.*\.\.)[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

export function readPath(options: OptionReader): string {
  const path = options.required(['path'], "'./events'") ?? '';
  const refusal = pathRefusal(path);
  if (refusal !== undefined) options.report(options.spanOf('path'), refusal.message, refusal.hint);
  return path;
}

/** A path of a connector that knows this machine alone. */
export function readLocalPath(options: OptionReader): string {
  const path = readPath(options);
  if (!isRemotePath(path) || pathRefusal(path) !== undefined) return path;
  const message = `The path ${path} is in an object store; this connector takes local paths.`;
  const hint = "Files there are read and written by connector = 'filesystem'.";
  options.report(options.spanOf('path'), message, hint);
  return path;
}

function readCompression(options: OptionReader): Compression {
  const choices = { none: 'none', gzip: 'gzip', zstd: 'zstd', auto: 'auto' } as const;
  const names = ['source.compression', 'compression_format'] as const;
  return options.choice<Compression>(names, choices) ?? 'auto';
}

/** Zero and less switch it off. */
function idleMsOf(idleMicros: number | undefined): number | undefined {
  if (idleMicros === undefined) return idleMsDefault;
  return idleMicros > 0 ? idleMicros / 1000 : undefined;
}

const idleMsDefault = 30_000;

function readFraming(options: OptionReader): number | undefined {
  options.choice(['framing', 'framing.method'], { newline: 'newline' });
  return options.integer(['framing.newline.max_length'], 1, 2 ** 31 - 1);
}

function refuseFraming(options: OptionReader): undefined {
  const message = 'each record of a stream is one event, and is not split.';
  options.refuseAll('framing', message, 'Leave it out.');
}

/** Options of the dialect that are right, and have nothing to change here. */
function readIgnored(options: OptionReader, isStream: boolean): void {
  const hint = 'Leave it out: connections are those of Kafka and Kinesis.';
  const message = 'This connector has no connection.';
  if (!isStream) options.refuse('connection_profile', message, hint);
  options.refuseAll('lookup.', "these are options of lookup tables: type = 'lookup'.");
}
