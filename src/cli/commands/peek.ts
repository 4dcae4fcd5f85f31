import { type Command, InvalidArgumentError } from 'commander';
import { HeliosError } from '../../base/errors.ts';
import type { ConnectionListAnswer, StreamAnswer, StreamListAnswer } from '../../server/api.ts';
import type {
  ConnectionStreamsAnswer,
  PeekAnswerDocument,
} from '../../server/discovery/discovery-answers.ts';
import { pathPart } from '../client/client.ts';
import { recordText } from '../discovery/record-text.ts';
import { printStreams } from '../discovery/streams-table.ts';
import { parseDurationMs, parseInteger } from '../quantity.ts';
import type { Scope } from '../scope.ts';
import { onCall, withExamples, wordAt, type Runner } from './command.ts';

type PeekOptions = {
  readonly connection?: string;
  readonly from?: string;
  readonly partition?: readonly string[];
  readonly count?: number;
};

const countMax = 1000;

export function addPeekCommand(program: Command, run: Runner): void {
  const peek = program
    .command('peek <stream>')
    .description('show records of a topic or stream, of all partitions by time')
    .option('-c, --connection <name>', 'where it is; else a stream of Helios itself')
    .option('--from <place>', 'newest, oldest, a time, 10m (ago), or PARTITION:POSITION')
    .option(
      '-p, --partition <name>',
      'only this one; repeat it',
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    )
    .option('-n, --count <n>', 'so many; 10 unless given', parseInteger(1, countMax));
  withExamples(peek, [
    'peek orders --connection prod',
    'peek orders -c prod --from oldest -n 3',
    'peek orders -c prod --from 2026-01-31T08:00:00Z',
    'peek orders -c prod --from 2:1500',
    'peek clicks                       a stream of the embedded log',
  ]);
  onCall<PeekOptions>(peek, run, async (scope, { words, options }) => {
    const answer = await scope.withProgress(
      async () => await records(scope, wordAt(words, 0), options),
    );
    await printRecords(scope, answer);
  });
}

/** `connection streams`. */
export function addStreamsCommand(group: Command, run: Runner): void {
  const streams = group
    .command('streams <name>')
    .description('the topics or streams that a connection leads to');
  onCall(streams, run, async (scope, { words }) => {
    const answer = await scope.withProgress(async () => {
      const path = `/api/v1/connections/${pathPart(wordAt(words, 0))}/streams`;
      const request = { method: 'GET', path, signal: scope.signal } as const;
      return await scope.client.json<ConnectionStreamsAnswer>(request);
    });
    if (scope.output.isJson) return await scope.output.json(answer);
    await printStreams(scope, answer.streams);
  });
}

/** Where the API has a stream. */
export function streamPath(connection: string | undefined, stream: string): string {
  if (connection === undefined) return `/api/v1/streams/${pathPart(stream)}`;
  return `/api/v1/connections/${pathPart(connection)}/streams/${pathPart(stream)}`;
}

async function printRecords(scope: Scope, answer: PeekAnswerDocument): Promise<void> {
  const { output } = scope;
  if (output.isJson) {
    for (const record of answer.records) await output.json(record);
  } else {
    const look = {
      isIndented: scope.context.isStdoutTty,
      dim: (text: string) => output.paint('dim', text),
      bold: (text: string) => output.paint('bold', text),
    };
    for (const record of answer.records) await output.line(recordText(record, look));
  }
  tellRest(scope, answer);
}

/** What there is to know besides the records. */
function tellRest(
  { output }: Scope,
  { records: found, silent, problems, cost }: PeekAnswerDocument,
): void {
  if (found.length === 0) output.talk('There are no records there.');
  if (found.length > 0 && silent.length > 0) {
    output.talk(output.paintTalk('dim', `Nothing in ${listOf(silent)}.`));
  }
  for (const { partition, message } of problems) output.alarm(`${partition}: ${message}`);
  if (cost !== undefined) output.talk(output.paintTalk('dim', `It took ${cost}.`));
}

const listedMax = 20;

export function listOf(names: readonly string[]): string {
  const shown = names.slice(0, listedMax).join(', ');
  return names.length > listedMax ? `${shown} and ${names.length - listedMax} more` : shown;
}

async function records(
  scope: Scope,
  stream: string,
  { connection, from, partition = [], count }: PeekOptions,
): Promise<PeekAnswerDocument> {
  const query = new URLSearchParams();
  if (from !== undefined) query.set('from', placeOf(scope, from));
  if (partition.length > 0) query.set('partition', partition.join(','));
  if (count !== undefined) query.set('count', String(count));
  const asked = query.size === 0 ? '' : `?${query.toString()}`;
  const path = `${streamPath(connection, stream)}/records${asked}`;
  try {
    return await scope.client.json({ method: 'GET', path, signal: scope.signal });
  } catch (thrown) {
    const isMissing = thrown instanceof HeliosError && thrown.code === 'not_found';
    if (connection !== undefined || !isMissing) throw thrown;
    throw await withConnections(scope, stream, thrown);
  }
}

/** A duration is as long ago. */
function placeOf({ context }: Scope, text: string): string {
  try {
    return new Date(context.clock.nowMs() - parseDurationMs(text)).toISOString();
  } catch (thrown) {
    if (thrown instanceof InvalidArgumentError || thrown instanceof RangeError) return text;
    throw thrown;
  }
}

/** Who means a topic forgets to say where it is; a stream may be kept in one. */
async function withConnections(
  scope: Scope,
  stream: string,
  missing: HeliosError,
): Promise<HeliosError> {
  const request = { method: 'GET', path: '/api/v1/connections', signal: scope.signal } as const;
  const { connections } = await scope.client.json<ConnectionListAnswer>(request);
  const [first] = connections;
  if (first === undefined) return missing;
  const backing = await backingOf(scope, stream);
  if (backing !== undefined) {
    const { connection, topic, kind } = backing;
    const where = kind === 'kafka' ? `the topic ${topic}` : `the Kinesis stream ${topic}`;
    return new HeliosError(missing.code, `${stream} is kept in ${where}.`, {
      hint: `Look there: helios peek ${topic} --connection ${connection}`,
      cause: missing,
    });
  }
  const name = connections.length === 1 ? first.name : 'NAME';
  const others = connections.map((one) => one.name);
  const choice = others.length === 1 ? '' : `; there are: ${listOf(others)}`;
  return new HeliosError(missing.code, `Helios has no stream named ${stream} of its own.`, {
    hint: `For a topic of a connection: helios peek ${stream} --connection ${name}${choice}`,
    cause: missing,
  });
}

async function backingOf(
  scope: Scope,
  stream: string,
): Promise<NonNullable<StreamAnswer['backing']> | undefined> {
  const request = { method: 'GET', path: '/api/v1/streams', signal: scope.signal } as const;
  const { streams } = await scope.client.json<StreamListAnswer>(request);
  return streams.find(({ name }) => name === stream)?.backing ?? undefined;
}
