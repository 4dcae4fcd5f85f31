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

/** More partitions than this cost files and buy nothing on one machine. */
const partitionsMax = 1_024;

export function addStreamCommand(program: Command, run: Runner): void {
  const group = program.command('stream').description('the embedded log that HTTP events go to');
  withExamples(group, [
    'stream create clicks --partitions 4 --retention 7d',
    'stream alter clicks --retention-size 10GB',
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
    .description('delete a stream and every record in it')
    .option('-y, --yes', 'do not ask');
  onCall<{ yes?: boolean }>(remove, run, deleteStream);
}

function addWriting(group: Command, run: Runner): void {
  const create = withRetention(
    group
      .command('create <name>')
      .description('make a stream; events go to /ingest/NAME')
      .option('--partitions <n>', 'parts that are written at once', parseInteger(1, partitionsMax)),
  );
  onCall<Retention & { partitions?: number }>(create, run, async (scope, { words, options }) => {
    const body = {
      name: wordAt(words, 0),
      partitions: options.partitions,
      ...retentionOf(options),
    };
    const path = '/api/v1/streams';
    const stream = await scope.client.json<StreamAnswer>({
      method: 'POST',
      path,
      body,
      signal: scope.signal,
    });
    if (scope.output.isJson) return scope.output.json(stream);
    const name = pathPart(stream.name);
    scope.output.talk(`Created stream ${stream.name}: post to ${scope.client.url}/ingest/${name}`);
  });
  const alter = withRetention(
    group.command('alter <name>').description('change how long a stream keeps its records'),
  );
  onCall<Retention>(alter, run, async (scope, { words, options }) => {
    const body = retentionOf(options);
    if (Object.values(body).every((value) => value === undefined)) {
      throw new HeliosError('invalid_request', 'There is nothing to change.', {
        hint: 'Give --retention, --retention-size or both.',
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
    scope.output.talk(`Stream ${stream.name} keeps ${retentionText(stream)}.`);
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
    ],
    answer.streams.map((stream) => [
      stream.name,
      stream.partitions.length,
      byteText(stream.bytes),
      retentionText(stream),
      newestArrival(stream),
    ]),
  );
}

async function showStream(scope: Scope, stream: StreamAnswer): Promise<void> {
  if (scope.output.isJson) return scope.output.json(stream);
  await scope.output.line(
    `${stream.name}: ${byteText(stream.bytes)}, keeps ${retentionText(stream)}`,
  );
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
      byteText(partition.bytes),
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
  const loss = `${byteText(stream.bytes)} of records will be gone.`;
  await scope.confirm(`Delete stream ${stream.name}? ${loss}`, options.yes === true);
  await scope.client.json({ method: 'DELETE', path, signal: scope.signal });
  if (scope.output.isJson) return scope.output.json({ deleted: stream.name });
  scope.output.talk(`Deleted stream ${stream.name}.`);
}

function retentionText(stream: StreamAnswer): string {
  const size = stream.retention_bytes;
  const sizeText = size === null ? '' : `, at most ${byteText(size)}`;
  return durationText(stream.retention_ms) + sizeText;
}

function newestArrival(stream: StreamAnswer): string {
  const arrivals = stream.partitions.map((partition) => partition.newest_arrival ?? '');
  return arrivals.toSorted().at(-1) ?? '';
}

function streamPath(name: string): string {
  return `/api/v1/streams/${pathPart(name)}`;
}
