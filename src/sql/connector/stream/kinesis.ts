import type { KinesisTable } from '../../script.ts';
import type { TableText } from '../table-text.ts';
import { readConnection } from './connection-text.ts';
import { readOffset } from './offset.ts';

/** Reads a table of the connector `kinesis` that is read from. */
export function readKinesisSource(table: TableText): KinesisTable {
  const { options } = table;
  const offset = readOffset(options, ['earliest', 'latest']) ?? 'latest';
  const consumer = options.text('source.fan_out.consumer');
  if (consumer !== undefined && !namePattern.test(consumer)) {
    const message = `"${consumer}" can't be the name of a consumer.`;
    options.report(options.spanOf('source.fan_out.consumer'), message, nameHint);
  }
  return {
    kind: 'kinesis',
    connection: readConnection(table, 'kinesis'),
    stream: readStream(table),
    offset: typeof offset === 'string' ? { kind: offset } : offset,
    fanOut: consumer === undefined ? undefined : { consumer },
  };
}

/** What Kinesis takes for the names of streams and of consumers. */
const namePattern = /^[A-Za-z0-9_.-]{1,128}$/;
const nameHint = 'Use up to 128 letters, digits, "_", "." and "-".';
const arnPattern = /^arn:aws[\w-]*:kinesis:[\w-]+:\d{12}:stream\/[A-Za-z0-9_.-]{1,128}$/;

function readStream(table: TableText): string {
  const { options } = table;
  const arn = options.text('stream_arn');
  if (arn === undefined) {
    const name = options.required(['stream_name'], "'events'") ?? '';
    if (name === '' || namePattern.test(name) || arnPattern.test(name)) return name;
    options.report(
      options.spanOf('stream_name'),
      `"${name}" can't be the name of a stream.`,
      nameHint,
    );
    return name;
  }
  if (options.has('stream_name')) {
    const message = 'stream_name and stream_arn both name the stream.';
    options.report(options.spanOf('stream_arn'), message, 'Keep one of them.');
  }
  options.text('stream_name');
  if (!arnPattern.test(arn)) {
    const hint = 'For example arn:aws:kinesis:eu-central-1:123456789012:stream/events.';
    options.report(options.spanOf('stream_arn'), `"${arn}" is not the ARN of a stream.`, hint);
  }
  return arn;
}
