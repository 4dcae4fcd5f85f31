import type { Command } from 'commander';
import { didYouMeanHint } from '../../base/did-you-mean.ts';
import { HeliosError } from '../../base/errors.ts';
import type { StreamListAnswer, TableListAnswer } from '../../server/api.ts';
import type { LiveEvent } from '../../server/live/live-api.ts';
import { live, type Subscription } from '../client/live.ts';
import { inSource } from '../failures.ts';
import { parseInteger } from '../quantity.ts';
import { groupDigits } from '../render/numbers.ts';
import type { Scope } from '../scope.ts';
import { onCall, withExamples, wordAt, type Runner } from './command.ts';

type TailOptions = {
  readonly where?: string;
  readonly stream?: boolean;
  readonly count?: number;
};

export function addTailCommand(program: Command, run: Runner): void {
  const tail = program
    .command('tail <name>')
    .description('follow a table, or the raw lines of a stream, as they come')
    .option('--where <sql>', 'only rows for which this holds')
    .option('--stream', 'the stream of that name, even if there is a table')
    .option('--count <n>', 'end after so many', parseInteger(1, Number.MAX_SAFE_INTEGER));
  withExamples(tail, [
    'tail shop_events',
    `tail shop_events --where "type = 'purchase'"`,
    'tail events',
  ]);
  onCall<TailOptions>(tail, run, async (scope, { words, options }) => {
    const subscription = await subscriptionOf(scope, wordAt(words, 0), options);
    const tailing = (): Promise<void> => follow(scope, subscription, options.count ?? Infinity);
    const { where } = options;
    await (where === undefined ? tailing() : inSource({ name: '--where', text: where }, tailing));
  });
}

async function subscriptionOf(
  scope: Scope,
  name: string,
  options: TailOptions,
): Promise<Subscription> {
  const { client, signal } = scope;
  const [{ tables }, { streams }] = await Promise.all([
    client.json<TableListAnswer>({ method: 'GET', path: '/api/v1/tables', signal }),
    client.json<StreamListAnswer>({ method: 'GET', path: '/api/v1/streams', signal }),
  ]);
  const table = options.stream === true ? undefined : findNamed(tables, name);
  if (table !== undefined) return { kind: 'tail', table, where: options.where };
  const stream = findNamed(streams, name);
  if (stream === undefined) {
    const names = [...tables, ...streams].map((known) => known.name);
    throw new HeliosError('not_found', `There is no table or stream named ${name}.`, {
      hint: didYouMeanHint(name, names) ?? 'helios table list and helios stream list show them.',
    });
  }
  if (options.where === undefined) return { kind: 'tail', stream };
  throw new HeliosError(
    'invalid_request',
    `--where needs columns, and ${name} is a stream of lines.`,
    {
      hint: 'Follow a table that a pipeline makes of it.',
    },
  );
}

function findNamed(known: readonly { readonly name: string }[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  return known.find((candidate) => candidate.name.toLowerCase() === wanted)?.name;
}

async function follow(scope: Scope, subscription: Subscription, countMax: number): Promise<void> {
  scope.output.talk(scope.output.paintTalk('dim', 'Following; Ctrl+C ends it.'));
  let columns: readonly string[] = [];
  let count = 0;
  for await (const event of live(scope.client, subscription, scope.signal)) {
    if (event.kind === 'columns') columns = event.columns.map((column) => column.name);
    for (const line of linesOf(event, columns)) {
      await scope.output.line(line);
      if (++count >= countMax) return;
    }
    warnOfGaps(scope, event);
  }
}

/** A row as one JSON object; a record as the line that it was. */
function linesOf(event: LiveEvent, columns: readonly string[]): readonly string[] {
  if (event.kind === 'lines') return event.lines;
  if (event.kind !== 'rows') return [];
  return event.rows.map((row) =>
    JSON.stringify(Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null]))),
  );
}

function warnOfGaps(scope: Scope, event: LiveEvent): void {
  if (event.kind === 'rows' && event.dropped > 0) {
    scope.output.alarm(
      `… ${groupDigits(event.dropped)} rows left out: they came faster than this goes.`,
    );
  }
  if (event.kind === 'lines' && event.dropped_bytes > 0) {
    const bytes = groupDigits(event.dropped_bytes);
    scope.output.alarm(`… ${bytes} bytes left out: they came faster than this goes.`);
  }
  if (event.kind === 'lines' && (event.dropped_records ?? 0) > 0) {
    const records = groupDigits(event.dropped_records ?? 0);
    scope.output.alarm(`… ${records} records left out: they came faster than this goes.`);
  }
}
