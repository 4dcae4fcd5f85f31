import type { Command } from 'commander';
import { HeliosError } from '../../base/errors.ts';
import { checkedOptions } from '../../connection/check/check-options.ts';
import type {
  ConnectionAnswer,
  ConnectionBody,
  ConnectionListAnswer,
  ConnectionStepLine,
} from '../../server/api.ts';
import { errorOfBody, pathPart } from '../client/client.ts';
import { eachWithProgress } from '../client/each-with-progress.ts';
import { jsonLines } from '../client/lines.ts';
import { parseDurationMs } from '../quantity.ts';
import type { Scope } from '../scope.ts';
import { onCall, withExamples, wordAt, type Runner } from './command.ts';
import { type ConnectionFlags, connectionOf, withConnectionFlags } from '../connection-flags.ts';
import { stepLines, type TestStep } from '../discovery/step-lines.ts';
import { addStreamsCommand } from './peek.ts';

type TestFlags = ConnectionFlags & { readonly stream?: string; readonly timeout?: number };

const path = '/api/v1/connections';

export function addConnectionCommand(program: Command, run: Runner): void {
  const group = program
    .command('connection')
    .description('how to reach Kafka clusters and Kinesis; secrets are references');
  withExamples(group, [
    'connection create local --kind kafka --bootstrap-servers 127.0.0.1:9092',
    'connection create prod --kind kafka --bootstrap-servers b-1:9096 ' +
      '--mechanism SCRAM-SHA-512 --username reader --password env:KAFKA_PASSWORD',
    'connection create aws --kind kinesis --region eu-central-1',
    'connection test prod --stream orders',
    'connection streams prod',
    'connection list',
  ]);
  addCreate(group, run);
  addTest(group, run);
  onCall(group.command('list').description('all connections'), run, listConnections);
  addStreamsCommand(group, run);
  const show = group.command('show <name>').description('the options of one connection');
  onCall(show, run, (scope, { words }) => showConnection(scope, wordAt(words, 0)));
  const remove = group
    .command('delete <name>')
    .description('forget a connection that nothing uses');
  onCall(remove, run, async (scope, { words }) => {
    const name = wordAt(words, 0);
    const request = { method: 'DELETE', path: onePath(name), signal: scope.signal } as const;
    await scope.client.json(request);
    if (scope.output.isJson) return scope.output.json({ deleted: name });
    scope.output.talk(`Deleted the connection ${name}.`);
  });
}

function addCreate(group: Command, run: Runner): void {
  const create = withConnectionFlags(
    group.command('create <name>').description('keep how to reach something under a name'),
  );
  onCall<ConnectionFlags>(create, run, async (scope, { words, options: flags }) => {
    const body: ConnectionBody = {
      name: wordAt(words, 0),
      ...checked(connectionOf(scope, flags)),
    };
    const made = await scope.client.json<ConnectionAnswer>({
      method: 'POST',
      path,
      body,
      signal: scope.signal,
    });
    if (scope.output.isJson) return scope.output.json(made);
    scope.output.talk(`Created the connection ${made.name}.`);
    scope.output.talk(`Try it: helios connection test ${made.name}`);
  });
}

function addTest(group: Command, run: Runner): void {
  const test = withConnectionFlags(
    group
      .command('test [name]')
      .description('try a connection step by step; without a name, one that is not kept')
      .option('--stream <name>', 'the topic or stream to look at; else the first with a record')
      .option('--timeout <duration>', 'for all steps, such as 30s', parseDurationMs),
  );
  onCall<TestFlags>(test, run, async (scope, { words, options: flags }) => {
    const [name] = words;
    const limits = { stream: flags.stream, timeout_ms: flags.timeout };
    const body =
      name === undefined ? { ...checked(connectionOf(scope, flags)), ...limits } : limits;
    const response = await scope.client.stream({
      method: 'POST',
      path: name === undefined ? `${path}/test` : `${onePath(name)}/test`,
      body,
      signal: scope.signal,
    });
    let hasFailed = false;
    const lines = eachWithProgress(scope, jsonLines<ConnectionStepLine>(response));
    for await (const line of lines) {
      if ('error' in line) throw errorOfBody(line.error);
      hasFailed ||= line.outcome === 'failed';
      await tellStep(scope, line);
    }
    return hasFailed ? failedExitCode : 0;
  });
}

/** A test that found something wrong did its work, but scripts branch on it. */
const failedExitCode = 1;

/** Checked before they are sent: a password that was typed by mistake stays here. */
function checked(body: Omit<ConnectionBody, 'name'>): Omit<ConnectionBody, 'name'> {
  checkedOptions(body.kind, body.options);
  return body;
}

async function tellStep({ output }: Scope, step: TestStep): Promise<void> {
  if (output.isJson) return await output.json(step);
  const lines = stepLines(step, (look, text) => output.paint(look, text));
  for (const line of lines) await output.line(line);
}

async function listConnections(scope: Scope): Promise<void> {
  const answer = await scope.client.json<ConnectionListAnswer>({
    method: 'GET',
    path,
    signal: scope.signal,
  });
  if (scope.output.isJson) return scope.output.json(answer);
  await scope.table(
    [{ name: 'name' }, { name: 'kind' }, { name: 'where' }, { name: 'how' }],
    answer.connections.map(({ name, kind, options }) => [
      name,
      kind,
      options['bootstrap_servers'] ?? options['aws_endpoint'] ?? options['aws_region'] ?? '',
      options['auth.mechanism'] ?? options['auth.type'] ?? options['aws_profile'] ?? '',
    ]),
  );
}

async function showConnection(scope: Scope, name: string): Promise<void> {
  const connection = await scope.client.json<ConnectionAnswer>({
    method: 'GET',
    path: onePath(name),
    signal: scope.signal,
  });
  if (scope.output.isJson) return scope.output.json(connection);
  await scope.output.line(`${connection.name} (${connection.kind})`);
  await scope.table([{ name: 'option' }, { name: 'value' }], Object.entries(connection.options));
}

function onePath(name: string): string {
  // Without a name there would be another route.
  if (name === '') throw new HeliosError('invalid_request', 'The name is empty.');
  return `${path}/${pathPart(name)}`;
}
