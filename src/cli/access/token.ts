import type { Command } from 'commander';
import { didYouMeanHint } from '../../base/did-you-mean.ts';
import { HeliosError } from '../../base/errors.ts';
import type {
  NewTokenAnswer,
  TokenAnswer,
  TokenBody,
  TokenListAnswer,
} from '../../server/access/access-api.ts';
import { pathPart } from '../client/client.ts';
import { onCall, withExamples, wordAt, type Runner } from '../commands/command.ts';
import { parseDurationMs, parsePositive } from '../quantity.ts';
import type { Scope } from '../scope.ts';
import { limitsText, usesOf } from './token-text.ts';

type Create = {
  readonly scope: readonly string[];
  readonly expires?: number;
  readonly origin?: readonly string[];
  readonly rate?: number;
};

const path = '/api/v1/tokens';

export function addTokenCommand(program: Command, run: Runner): void {
  const group = program.command('token').description('who may do what: tokens and their scopes');
  withExamples(group, [
    'token create anna --scope console --expires 30d',
    'token create site --scope ingest:clicks --origin https://shop.example --rate 50',
    'token create report --scope query:orders --scope query:customers',
    'token list',
    'token revoke site',
  ]);
  addCreating(group, run);
  onCall(group.command('list').description('all tokens, without what they open with'), run, list);
  const remove = group
    .command('revoke <name>')
    .description('end a token for good, by its name or id; who is signed in with it is out')
    .option('-y, --yes', 'do not ask');
  onCall<{ yes?: boolean }>(remove, run, (scope, { words, options }) =>
    revoke(scope, wordAt(words, 0), options.yes === true),
  );
}

function addCreating(group: Command, run: Runner): void {
  const create = group
    .command('create <name>')
    .description('make a token; it is printed this once')
    .requiredOption(
      '-s, --scope <scope>',
      'admin, console, read-only, query:TABLE or ingest:STREAM; repeat it',
      collect,
    )
    .option('--expires <duration>', 'it ends after so long, such as 30d (never)', parseDurationMs)
    .option('--origin <url>', 'pages there may post with it; repeat it', collect)
    .option('--rate <n>', 'requests a second, on average over some seconds', parsePositive);
  withExamples(create, [
    'token create anna --scope console --expires 30d',
    'token create site --scope ingest:clicks --origin https://shop.example',
    'TOKEN=$(helios token create ci --scope read-only --quiet)',
  ]);
  onCall<Create>(create, run, (scope, { words, options }) =>
    createToken(scope, wordAt(words, 0), options),
  );
}

async function createToken(scope: Scope, name: string, options: Create): Promise<void> {
  const { client, context, output, signal } = scope;
  const { scope: scopes, expires, origin: origins, rate } = options;
  const body: TokenBody = {
    name,
    scopes,
    expires_at: expires === undefined ? undefined : expiry(context.clock.nowMs() + expires),
    origins,
    rate,
  };
  const made = await client.json<NewTokenAnswer>({ method: 'POST', path, body, signal });
  if (output.isJson) return output.json(made);
  output.talk(`Made the token ${made.name}: ${limitsText(made)}.`);
  output.talk('It is printed this once; Helios keeps a hash of it alone:');
  await output.line(made.token);
  for (const { title, lines } of usesOf(made, client.url)) {
    output.talk(`\n${title}`);
    for (const line of lines) output.talk(`  ${line}`);
  }
}

/** Dates end with the year 9999, and a few characters more would not be RFC 3339. */
function expiry(atMs: number): string {
  if (atMs < Date.UTC(10_000, 0)) return new Date(atMs).toISOString();
  throw new HeliosError('invalid_request', 'The token would end after the year 9999.', {
    hint: 'Leave --expires out for one that does not expire.',
  });
}

async function list(scope: Scope): Promise<void> {
  const { client, output, signal } = scope;
  const answer = await client.json<TokenListAnswer>({ method: 'GET', path, signal });
  if (output.isJson) return output.json(answer);
  const names = ['id', 'name', 'may', 'state', 'expires', 'last used', 'made by'];
  await scope.table(
    names.map((name) => ({ name })),
    answer.tokens.map((token) => [
      token.id,
      token.name,
      token.scopes.join(', '),
      token.state,
      token.expires_at ?? 'never',
      token.last_used_at ?? 'never',
      token.created_by,
    ]),
  );
}

async function revoke(scope: Scope, name: string, isYes: boolean): Promise<void> {
  const { client, output, signal } = scope;
  const token = await tokenNamed(scope, name);
  const question = `Revoke the token ${token.name} (${limitsText(token)})? It ends for good.`;
  await scope.confirm(question, isYes);
  await client.json({ method: 'DELETE', path: `${path}/${pathPart(token.id)}`, signal });
  if (output.isJson) return output.json({ revoked: token.id });
  output.talk(`Revoked the token ${token.name}: it opens nothing any more.`);
}

/** Of several with one name, the one that isn't revoked. */
async function tokenNamed({ client, signal }: Scope, wanted: string): Promise<TokenAnswer> {
  const { tokens } = await client.json<TokenListAnswer>({ method: 'GET', path, signal });
  const isWanted = ({ name }: TokenAnswer): boolean => name.toLowerCase() === wanted.toLowerCase();
  const active = tokens.filter(({ state }) => state !== 'revoked');
  const found = tokens.find(({ id }) => id === wanted.toLowerCase()) ?? active.find(isWanted);
  if (found?.state !== 'revoked' && found !== undefined) return found;
  if (found !== undefined || tokens.some(isWanted)) {
    throw new HeliosError('not_found', `The token ${wanted} is revoked already.`);
  }
  const names = active.map(({ name }) => name);
  throw new HeliosError('not_found', `There is no token ${wanted}.`, {
    hint: didYouMeanHint(wanted, names) ?? 'helios token list shows them.',
  });
}

function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}
