import { HeliosError } from '../base/errors.ts';
import { didYouMeanHint } from '../base/did-you-mean.ts';

/**
 * What a token allows. `admin`: everything. `console`: what people ask and save, without changing
 * what runs. `read-only`: what people ask. `query`: SELECTs over one table. `ingest`: events into
 * one stream. The name `*` means each.
 */
export type Scope =
  | { readonly kind: 'admin' | 'console' | 'read-only' }
  | { readonly kind: 'query' | 'ingest'; readonly name: string };

/** Errors: `invalid_request` for what is no scope. */
export function parseScope(text: string): Scope {
  if (text === 'admin' || text === 'console' || text === 'read-only') return { kind: text };
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const name = text.slice(colon + 1).trim();
  const takesName = kind === 'query' || kind === 'ingest';
  if (takesName && colon > 0 && name !== '' && name.length <= nameCharactersMax)
    return { kind, name };
  const hint = takesName
    ? `Say of what: ${kind}:${kind === 'query' ? 'TABLE' : 'STREAM'}, or ${kind}:* for each.`
    : (didYouMeanHint(kind, scopeKinds) ??
      'There are admin, console, read-only, query:TABLE and ingest:STREAM.');
  throw new HeliosError('invalid_request', `${JSON.stringify(text)} is no scope.`, { hint });
}

export function scopeText(scope: Scope): string {
  return 'name' in scope ? `${scope.kind}:${scope.name}` : scope.kind;
}

/** What somebody wants to do. */
export type Need =
  /** Nothing that needs a credential. */
  | 'public'
  /** Any credential that stands. */
  | 'known'
  /** A SELECT; which tables it may name is `mayQuery`. */
  | 'query'
  /** See what there is: names, states, plans, records as they come by. */
  | 'read'
  /** Keep saved queries and dashboards; try what changes nothing. */
  | 'save'
  /** Change what runs, whom it reaches, who may do what. */
  | 'admin';

/** Whether scopes are enough for what a route needs, names of tables aside. */
export function meets(scopes: readonly Scope[], need: Need): boolean {
  if (need === 'public' || need === 'known') return true;
  return scopes.some(({ kind }) => kindsThatMeet[need].has(kind));
}

/** Which scope would be enough, in words. */
export function wantedScopes(need: Need): string {
  if (need === 'public' || need === 'known') return 'any';
  const kinds = [...kindsThatMeet[need]].map((kind) => (kind === 'query' ? 'query:TABLE' : kind));
  return kinds.join(', ');
}

export function mayIngest(scopes: readonly Scope[], stream: string): boolean {
  return scopes.some(
    (scope) => scope.kind === 'admin' || (scope.kind === 'ingest' && isNamed(scope.name, stream)),
  );
}

/**
 * Whether a SELECT may name the table. What people did is for admins alone; a token of one table
 * never sees another, nor Helios's own.
 */
export function mayQuery(scopes: readonly Scope[], table: string): boolean {
  return scopes.some((scope) => {
    if (scope.kind === 'admin') return true;
    if (adminTables.has(table.toLowerCase())) return false;
    if (scope.kind === 'query') return isGranted(scope.name, table);
    return scope.kind === 'console' || scope.kind === 'read-only';
  });
}

const nameCharactersMax = 255;
const scopeKinds: readonly Scope['kind'][] = ['admin', 'console', 'read-only', 'query', 'ingest'];
const adminTables: ReadonlySet<string> = new Set(['helios.audit']);

const kindsThatMeet: Readonly<Record<Exclude<Need, 'public' | 'known'>, ReadonlySet<string>>> = {
  query: new Set(['query', 'read-only', 'console', 'admin']),
  read: new Set(['read-only', 'console', 'admin']),
  save: new Set(['console', 'admin']),
  admin: new Set(['admin']),
};

/** `query:*` is each table of pipelines and attached ones; Helios's own have to be named. */
function isGranted(granted: string, table: string): boolean {
  if (granted === '*') return !table.toLowerCase().startsWith('helios.');
  return isNamed(granted, table);
}

function isNamed(granted: string, name: string): boolean {
  return granted === '*' || granted.toLowerCase() === name.toLowerCase();
}
