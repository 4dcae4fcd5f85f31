import type { NewTokenAnswer, TokenAnswer } from '../../server/access/access-api.ts';
import { pathPart } from '../client/client.ts';

/** What a token may do, and how long: `ingest:clicks, from pages of https://shop.example, …`. */
export function limitsText({ scopes, origins, rate, expires_at }: TokenAnswer): string {
  return [
    scopes.join(', '),
    ...(origins.length === 0 ? [] : [`from pages of ${origins.join(', ')}`]),
    ...(rate === undefined ? [] : [`${rate} requests a second`]),
    expires_at === undefined ? 'does not expire' : `expires ${expires_at}`,
  ].join(', ');
}

/** Lines to copy that use a token, each kind with what it is for. */
export type TokenUse = { readonly title: string; readonly lines: readonly string[] };

/** How a token that was just made is used at `url`, by what it may do. */
export function usesOf(made: NewTokenAnswer, url: string): readonly TokenUse[] {
  const { scopes, origins } = made;
  const stream = ingestTarget(scopes);
  const uses: TokenUse[] = [];
  if (stream !== undefined) uses.push(curlUse(made, `${url}${stream}`));
  if (stream !== undefined && origins.length > 0) uses.push(beaconUse(made, `${url}${stream}`));
  const table = queriedTable(scopes);
  if (table !== undefined) uses.push(queryUse(made, url, table));
  if (scopes.some((scope) => people.has(scope))) uses.push(...peopleUses(url));
  return uses;
}

/** Scopes that open the console. */
const people: ReadonlySet<string> = new Set(['admin', 'console', 'read-only']);

/** Path of the first stream that it may post to; `/ingest` is the stream `events`. */
function ingestTarget(scopes: readonly string[]): string | undefined {
  const streams = scopes.flatMap((scope) => nameBehind(scope, 'ingest:') ?? []);
  const [stream] = streams;
  if (stream === undefined) return undefined;
  return stream === '*' ? '/ingest' : `/ingest/${pathPart(stream)}`;
}

function queriedTable(scopes: readonly string[]): string | undefined {
  return scopes.flatMap((scope) => nameBehind(scope, 'query:') ?? [])[0];
}

function nameBehind(scope: string, prefix: string): string | undefined {
  return scope.startsWith(prefix) ? scope.slice(prefix.length) : undefined;
}

function curlUse({ token }: NewTokenAnswer, address: string): TokenUse {
  return {
    title: 'Send an event:',
    lines: [`curl ${address} -H 'Authorization: Bearer ${token}' -d '{"msg": "test"}'`],
  };
}

/** A beacon can't have headers: the token stands in the address, which its pages show anyway. */
function beaconUse({ token, origins }: NewTokenAnswer, address: string): TokenUse {
  const data = `JSON.stringify({ page: location.pathname })`;
  return {
    title: `From a page of ${origins.join(' or ')}:`,
    lines: [`navigator.sendBeacon('${address}?token=${token}', ${data});`],
  };
}

function queryUse({ token }: NewTokenAnswer, url: string, table: string): TokenUse {
  const from = table === '*' ? 'TABLE' : `"${table.replaceAll('"', '""')}"`;
  const body = JSON.stringify({ sql: `SELECT count(*) FROM ${from}` }).replaceAll("'", `'\\''`);
  return {
    title: 'Query:',
    lines: [
      `curl ${url}/api/v1/query -H 'Authorization: Bearer ${token}' \\`,
      `  -H 'Content-Type: application/json' -d '${body}'`,
    ],
  };
}

function peopleUses(url: string): readonly TokenUse[] {
  return [
    { title: 'In a browser, paste it at:', lines: [`${url}/login`] },
    {
      title: 'On the command line, keep it in a variable or a file:',
      lines: ['export HELIOS_TOKEN=…', `helios table list --url ${url}`],
    },
  ];
}
