import type { Command } from 'commander';
import { HeliosError } from '../../base/errors.ts';
import type { StreamAnswer, StreamListAnswer } from '../../server/api.ts';
import { pathPart } from '../client/client.ts';
import { parseBytes, parseDurationMs, parseInteger } from '../quantity.ts';
import { byteText, durationText, groupDigits } from '../render/numbers.ts';
import type { Scope } from '../scope.ts';
import { onCall, withExamples, wordAt, type Runner } from './command.ts';

type Retention = {
  readonly retention?: number;
  readonly retentionSize?: number | 'none';
};

type Create = {
  readonly partitions?: number;
  readonly connection?: string;
  readonly topic?: string;
};

/** More partitions than this cost files and buy nothing on one machine. */
const partitionsMax = 1_024;

export function addStreamCommand(program: Command, run: Runner): void {
  const group = program.command('stream').description('streams that HTTP events go to');
  withExamples(group, [
    'stream create clicks --partitions 4 --retention 7d',
    'stream create orders --connection local --topic shop.orders --partitions 6',
    'stream alter clicks --retention-size 10GB --partitions 8',
    'stream list',
  ]);
  addWriting(group, run);
  onCall(group.command('list').description('all streams'), run, listStreams);
  const show = group.command('show <name>').description('one stream and its partitions');
  onCall(show, run, async (scope, { words }) => {
    const path = streamPath(wordAt(words, 0));
    await showStream(scope, await scope.client.json({ method: 'GET', path, signal: scope.signal }));
  });
  const remove = group
    .command('delete <name>')
    .description('delete a stream and its records; one of a broker keeps its topic')
    .option('-y, --yes', 'do not ask');
  onCall<{ yes?: boolean }>(remove, run, deleteStream);
}

function addWriting(group: Command, run: Runner): void {
  const create = withRetention(
    group
      .command('create <name>')
      .description('make a stream; events go to /ingest/NAME')
      .option('--partitions <n>', 'parts that are written at once', parseInteger(1, partitionsMax))
      .option(
        '--connection <name>',
        'the Kafka or Kinesis that keeps it, instead of the embedded log',
      )
      .option(
        '--topic <name>',
        'its topic or stream there: made where there is none, else used as it is',
      ),
  );
  onCall<Retention & Create>(create, run, async (scope, { words, options }) => {
    const { partitions, connection, topic } = options;
    const name = wordAt(words, 0);
    const body = { name, partitions, connection, topic, ...retentionOf(options) };
    const path = '/api/v1/streams';
    const stream = await scope.client.json<StreamAnswer>({
      method: 'POST',
      path,
      body,
      signal: scope.signal,
    });
    if (scope.output.isJson) return scope.output.json(stream);
    const url = `${scope.client.url}/ingest/${pathPart(stream.name)}`;
    const where = stream.backing === null ? '' : ` in ${backingText(stream)}`;
    scope.output.talk(`Created stream ${stream.name}${where}: post to ${url}`);
  });
  const alter = withRetention(
    group
      .command('alter <name>')
      .description('change how long a stream keeps its records, or add partitions')
      .option('--partitions <n>', 'so many in all, from now on', parseInteger(1, partitionsMax)),
  );
  onCall<Retention & Pick<Create, 'partitions'>>(alter, run, async (scope, { words, options }) => {
    const body = { partitions: options.partitions, ...retentionOf(options) };
    if (Object.values(body).every((value) => value === undefined)) {
      throw new HeliosError('invalid_request', 'There is nothing to change.', {
        hint: 'Give --retention, --retention-size or --partitions.',
      });
    }
    const path = streamPath(wordAt(words, 0));
    const stream = await scope.client.json<StreamAnswer>({
      method: 'PATCH',
      path,
      body,
      signal: scope.signal,
    });
    if (scope.output.isJson) return scope.output.json(stream);
    const { length } = stream.partitions;
    const parts = `${length} partition${length === 1 ? '' : 's'}`;
    scope.output.talk(`Stream ${stream.name} has ${parts} and keeps ${retentionText(stream)}.`);
  });
}

function withRetention(command: Command): Command {
  return command
    .option('--retention <duration>', 'keep records so long, such as 7d', parseDurationMs)
    .option(
      '--retention-size <size>',
      'keep at most so much, such as 10GB; or: none',
      parseSizeOrNone,
    );
}

function parseSizeOrNone(text: string): number | 'none' {
  return text === 'none' ? text : parseBytes(text);
}

function retentionOf(options: Retention): {
  retention_ms: number | undefined;
  retention_bytes: number | null | undefined;
} {
  const { retention, retentionSize } = options;
  return {
    retention_ms: retention,
    retention_bytes: retentionSize === 'none' ? null : retentionSize,
  };
}

async function listStreams(scope: Scope): Promise<void> {
  const path = '/api/v1/streams';
  const answer = await scope.client.json<StreamListAnswer>({
    method: 'GET',
    path,
    signal: scope.signal,
  });
  if (scope.output.isJson) return scope.output.json(answer);
  await scope.table(
    [
      { name: 'name' },
      { name: 'partitions', type: 'BIGINT' },
      { name: 'size', type: 'BIGINT' },
      { name: 'keeps' },
      { name: 'newest arrival' },
      { name: 'in' },
      { name: 'ok survives' },
    ],
    answer.streams.map((stream) => [
      stream.name,
      // A broker that does not answer has said nothing of them.
      stream.partitions.length === 0 ? '' : stream.partitions.length,
      sizeText(stream.bytes),
      retentionText(stream),
      newestArrival(stream),
      backingText(stream),
      survivalText(stream),
    ]),
  );
  for (const { error } of answer.damaged ?? []) {
    scope.output.alarm(error.hint === undefined ? error.message : `${error.message} ${error.hint}`);
  }
}

async function showStream(scope: Scope, stream: StreamAnswer): Promise<void> {
  if (scope.output.isJson) return scope.output.json(stream);
  await scope.output.line(
    `${stream.name}: ${stream.bytes === null ? '' : `${byteText(stream.bytes)}, `}` +
      `keeps ${retentionText(stream)}, in ${backingText(stream)}`,
  );
  await scope.output.line(durabilityText(stream));
  await scope.table(
    [
      { name: 'partition', type: 'BIGINT' },
      { name: 'start', type: 'BIGINT' },
      { name: 'end', type: 'BIGINT' },
      { name: 'size', type: 'BIGINT' },
      { name: 'newest arrival' },
    ],
    stream.partitions.map((partition, index) => [
      index,
      groupDigits(partition.start_offset),
      groupDigits(partition.end_offset),
      sizeText(partition.bytes),
      partition.newest_arrival ?? '',
    ]),
  );
}

async function deleteStream(
  scope: Scope,
  { words, options }: { words: readonly string[]; options: { yes?: boolean } },
): Promise<void> {
  const path = streamPath(wordAt(words, 0));
  const stream = await scope.client.json<StreamAnswer>({
    method: 'GET',
    path,
    signal: scope.signal,
  });
  const loss =
    stream.backing === null
      ? `${sizeText(stream.bytes)} of records will be gone.`
      : `What keeps it stays as it is: ${backingText(stream)}.`;
  await scope.confirm(`Delete stream ${stream.name}? ${loss}`, options.yes === true);
  await scope.client.json({ method: 'DELETE', path, signal: scope.signal });
  if (scope.output.isJson) return scope.output.json({ deleted: stream.name });
  scope.output.talk(`Deleted stream ${stream.name}.`);
}

function backingText({ backing }: StreamAnswer): string {
  return backing === null
    ? 'the embedded log'
    : `the ${backing.kind === 'kafka' ? 'topic' : 'Kinesis stream'} ${backing.topic} of ` +
        backing.connection;
}

function survivalText({ durability: { survives, by } }: StreamAnswer): string {
  return survives === 'disk' ? 'with its disk' : `this machine (${by})`;
}

function durabilityText({ durability: { survives, by } }: StreamAnswer): string {
  return survives === 'disk'
    ? 'An acknowledged event survives this process and a power cut, not the loss of this disk.'
    : `An acknowledged event survives the loss of this machine and its disk, by ${by}.`;
}

function sizeText(bytes: number | null): string {
  return bytes === null ? '' : byteText(bytes);
}

function retentionText(stream: StreamAnswer): string {
  if (stream.retention_ms === null) return 'as the broker says';
  const size = stream.retention_bytes;
  const limit = size === null ? '' : `, at most ${byteText(size)}`;
  return durationText(stream.retention_ms) + limit;
}

function newestArrival(stream: StreamAnswer): string {
  const arrivals = stream.partitions.map((partition) => partition.newest_arrival ?? '');
  return arrivals.toSorted().at(-1) ?? '';
}

function streamPath(name: string): string {
  return `/api/v1/streams/${pathPart(name)}`;
}
