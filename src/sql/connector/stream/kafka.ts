import type { KafkaTable, SinkColumn, SinkConnector } from '../../script.ts';
import type { OptionReader } from '../option-reader.ts';
import type { TableText } from '../table-text.ts';
import { readConnection } from './connection-text.ts';
import { readOffset } from './offset.ts';

/** Reads a table of the connectors `kafka` and `confluent` that is read from. */
export function readKafkaSource(table: TableText): KafkaTable {
  const { options } = table;
  const offset = readOffset(options, ['earliest', 'latest', 'group']) ?? 'latest';
  const groupId = readGroup(table);
  if (offset === 'group' && groupId === undefined) {
    const hint = "Add source.group_id = '…': the consumer group whose offsets are gone on from.";
    options.report(options.spanOf('source.offset'), 'The offset group needs a group.', hint);
  }
  // The subject under which a registry has the value's schema: each value names its schema itself.
  options.text('value.subject');
  return {
    kind: 'kafka',
    connection: readConnection(table, connectorOf(table)),
    topics: readTopics(table),
    offset: typeof offset === 'string' ? { kind: offset } : offset,
    groupId,
    isolation: options.choice(['source.read_mode'], readModes) ?? 'read_committed',
  };
}

/** Reads a table of the connectors `kafka` and `confluent` that is written to. */
export function readKafkaSink(
  table: TableText,
  format: 'json' | 'raw_string',
  columns: readonly SinkColumn[] | undefined,
): SinkConnector {
  const { options } = table;
  readCommitMode(options);
  const topic = options.required(['topic'], "'events'") ?? '';
  if (topic !== '') checkTopic(table, topic);
  options.text('value.subject');
  return {
    kind: 'kafka',
    connection: readConnection(table, connectorOf(table)),
    topic,
    format,
    keyField: readField(table, 'sink.key_field', columns),
    timestampField: readField(table, 'sink.timestamp_field', columns),
  };
}

const readModes = {
  read_committed: 'read_committed',
  read_uncommitted: 'read_uncommitted',
} as const;

function connectorOf(table: TableText): 'kafka' | 'confluent' {
  return table.connector === 'confluent' ? 'confluent' : 'kafka';
}

function readTopics(table: TableText): KafkaTable['topics'] {
  const { options } = table;
  const pattern = options.regex('topic_pattern');
  if (!options.has('topic_pattern')) {
    if (!options.has('topic')) options.required(['topic'], "'events'");
    const names = options.names('topic').map(({ text }) => text);
    names.forEach((name, index) => {
      checkTopic(table, name);
      if (names.indexOf(name) === index) return;
      options.report(options.spanOf('topic'), `The topic "${name}" is named twice.`);
    });
    return { kind: 'names', names };
  }
  if (options.has('topic')) {
    const message = 'topic and topic_pattern both say what to read.';
    options.report(options.spanOf('topic_pattern'), message, 'Keep one of them.');
  }
  options.names('topic');
  return { kind: 'pattern', pattern: pattern ?? /$^/ };
}

/** What Kafka takes for a name. */
function checkTopic({ options }: TableText, name: string): void {
  if (/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/.test(name)) return;
  const message = `"${name}" can't be the name of a topic.`;
  const hint =
    'Use up to 249 letters, digits, ".", "_" and "-"; for many topics, a list or topic_pattern.';
  options.report(options.spanOf('topic'), message, hint);
}

function readGroup(table: TableText): string | undefined {
  const { options } = table;
  const group = options.text('source.group_id');
  const prefix = options.text('source.group_id_prefix');
  if (group !== undefined && prefix !== undefined) {
    const message = 'source.group_id and source.group_id_prefix both name the group.';
    options.report(options.spanOf('source.group_id_prefix'), message, 'Keep one of them.');
  }
  if (group === '') {
    options.report(options.spanOf('source.group_id'), 'source.group_id is empty.');
  }
  return group ?? (prefix === undefined ? undefined : `${prefix}-helios-${table.name.value}`);
}

function readCommitMode(options: OptionReader): void {
  const modes = { at_least_once: 'at_least_once', exactly_once: 'exactly_once' } as const;
  if (options.choice(['sink.commit_mode'], modes) !== 'exactly_once') return;
  const message = 'Writing to Kafka exactly once is not available in this version.';
  const hint =
    'Leave it out: every row is written at least once, and twice only where a crash or a long ' +
    'outage came in between.';
  options.report(options.spanOf('sink.commit_mode'), message, hint);
}

function readField(
  table: TableText,
  option: string,
  columns: readonly SinkColumn[] | undefined,
): string | undefined {
  const name = table.options.text(option);
  if (name === undefined || columns === undefined) return name;
  const column = columns.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (column !== undefined) return column.name;
  table.reportUnknown(
    table.options.spanOf(option),
    'column',
    name,
    columns.map((one) => one.name),
  );
  return undefined;
}
