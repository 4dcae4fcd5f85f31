import { didYouMean } from '../../base/did-you-mean.ts';

/** What can be read and written in this version. */
export const sourceConnectors: readonly string[] = [
  'http',
  'kafka',
  'confluent',
  'kinesis',
  'single_file',
  'filesystem',
];
export const sinkConnectors: readonly string[] = [
  'delta',
  'filesystem',
  'kafka',
  'confluent',
  'webhook',
  'single_file',
  'stdout',
  'preview',
  'blackhole',
];

/** Words for a connector that can't be used in a role: what is wrong, and what to do instead. */
export function connectorRefusal(
  connector: string,
  role: 'source' | 'sink',
): { readonly message: string; readonly hint: string } {
  const name = connector.toLowerCase();
  const available = role === 'source' ? sourceConnectors : sinkConnectors;
  const list = `Available ${role}s: ${available.join(', ')}.`;
  const other = role === 'source' ? sinkConnectors : sourceConnectors;
  if (other.includes(name)) {
    return { message: wrongRole(name, role), hint: `${wrongRoleHints[name] ?? ''}${list}` };
  }
  if (name === 'iceberg') return { message: noIceberg, hint: `${insteadOfIceberg[role]}${list}` };
  const later = laterConnectors.get(name);
  if (later !== undefined) {
    return {
      message: `The connector ${name} is not available in this version.`,
      hint: `${later}${list}`,
    };
  }
  const all = [...sourceConnectors, ...sinkConnectors];
  const near = didYouMean(connector, all) ?? didYouMean(connector, laterConnectors.keys());
  const suggestion = near === undefined ? '' : `Did you mean "${near}"? `;
  return { message: `There is no connector "${connector}".`, hint: `${suggestion}${list}` };
}

const noIceberg = 'Helios has no Iceberg tables.';

const insteadOfIceberg = {
  sink:
    "Write a Delta table (connector = 'delta'), which Spark, Trino, Athena, ClickHouse and " +
    'DuckDB read too. ',
  source: "Read the table's Parquet files with filesystem, where nothing was deleted from it. ",
} as const;

function wrongRole(name: string, role: 'source' | 'sink'): string {
  return role === 'source'
    ? `The connector ${name} can't be read from in this version.`
    : `The connector ${name} can't be written to in this version.`;
}

const wrongRoleHints: Readonly<Record<string, string>> = {
  http: "Write a Delta table (connector = 'delta') or one file (connector = 'single_file'). ",
  kinesis: "Write to a Kafka topic (connector = 'kafka') or a Delta table (connector = 'delta'). ",
  webhook: "Take what others post with connector = 'http'. ",
  delta: 'Attach the table and query it, or read its Parquet files with filesystem. ',
};

const overHttp =
  "It comes with a later version; meanwhile, send the events over HTTP (connector = 'http'). ";
const overFiles =
  "It comes with a later version; meanwhile, write a Delta table (connector = 'delta'). ";

const overDebezium =
  "Let Debezium write its changes to Kafka, and read those with format = 'debezium_json'. ";

/** Connectors of the dialect that this version doesn't have. */
const laterConnectors: ReadonlyMap<string, string> = new Map(
  Object.entries({
    mqtt: overHttp,
    nats: overHttp,
    rabbitmq: overHttp,
    fluvio: overHttp,
    sse: overHttp,
    websocket: overHttp,
    polling_http: overHttp,
    redis: overFiles,
    impulse: 'For made-up events, run `helios generate`. ',
    nexmark: 'For made-up events, run `helios generate`. ',
    postgres: overDebezium,
    mysql: overDebezium,
    debezium: "Read its topic: connector = 'kafka' with format = 'debezium_json'. ",
  }),
);

const formats: readonly string[] = [
  'json',
  'raw_string',
  'raw_bytes',
  'debezium_json',
  'avro',
  'parquet',
];

/** Words for a format that isn't there. */
export function formatRefusal(
  format: string,
  available: readonly string[],
): { readonly message: string; readonly hint: string } {
  const name = format.toLowerCase();
  const list = `Available here: ${available.join(', ')}.`;
  if (name === 'protobuf') {
    const message = `The format ${name} is not available in this version.`;
    return { message, hint: `It comes with a later version. ${list}` };
  }
  if (formats.includes(name)) {
    return { message: `The format ${name} can't be used with this connector.`, hint: list };
  }
  const near = didYouMean(format, available);
  const suggestion = near === undefined ? '' : `Did you mean "${near}"? `;
  return { message: `There is no format "${format}".`, hint: `${suggestion}${list}` };
}

/** Whether a path is a URL of a store, of whatever kind, and not on this machine. */
export function isRemotePath(path: string): boolean {
  return (
    /^(?:s3[an]?|r2|gs|gcs|abfss?|wasbs?|adl|hdfs|https?):\/\//i.test(path) || /^s3::/i.test(path)
  );
}

/**
 * Checks a path's scheme: local paths, `file:///` and the URLs of S3 work; what a URL says is for
 * who opens it. Undefined: it is fine.
 */
export function pathRefusal(
  path: string,
): { readonly message: string; readonly hint: string } | undefined {
  const known =
    'These work: /folder, folder/below, file:///folder, s3://BUCKET/FOLDER, and ' +
    's3::http://HOST:PORT/BUCKET/FOLDER for other stores that speak its protocol.';
  const scheme = /^([a-z][a-z\d+.-]*)::?\/?\/?/i.exec(path)?.[1]?.toLowerCase();
  if (scheme === undefined || (scheme === 'file' && /^file:\/\/\//i.test(path))) return undefined;
  const store = otherStores.get(scheme);
  if (store !== undefined && path.includes('://')) {
    return { message: `The path ${path} is in ${store}, which is not supported.`, hint: known };
  }
  if (isRemotePath(path) || (!path.includes('://') && !path.includes('::'))) return undefined;
  if (scheme === 'file') return { message: `The path ${path} names a host.`, hint: known };
  return { message: `Paths of the kind ${scheme}:// are not supported.`, hint: known };
}

const otherStores: ReadonlyMap<string, string> = new Map([
  ['gs', 'Google Cloud Storage'],
  ['gcs', 'Google Cloud Storage'],
  ['abfs', 'Azure Data Lake Storage'],
  ['abfss', 'Azure Data Lake Storage'],
  ['wasb', 'Azure Blob Storage'],
  ['wasbs', 'Azure Blob Storage'],
  ['adl', 'Azure Data Lake Storage'],
  ['hdfs', 'HDFS'],
]);
