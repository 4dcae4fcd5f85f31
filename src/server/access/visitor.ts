import type { IncomingMessage } from 'node:http';
import { assert } from '../../base/assert.ts';
import { type Need, meets, mayQuery, wantedScopes } from '../../access/scope.ts';
import type { Principal } from '../../access/token.ts';
import { HeliosError } from '../../base/errors.ts';
import type { QueryRequest, QueryService } from '../../query/query.ts';

/** Who sent a request, as far as it had to be known. */
export type Visitor = {
  readonly id: string;
  /** Of the client, or of the nearest proxy that isn't ours. */
  readonly address: string;
  /** Undefined until something is asked for that needs to know. */
  principal: Principal | undefined;
};

/** On the request itself: a map of all requests would cost each of them more than its checks. */
const visitorKey: unique symbol = Symbol('visitor');

type Visited = IncomingMessage & { [visitorKey]?: Visitor };

export function setVisitor(request: IncomingMessage, visitor: Visitor): void {
  (request as Visited)[visitorKey] = visitor;
}

export function visitorOf(request: IncomingMessage): Visitor | undefined {
  return (request as Visited)[visitorKey];
}

/** Who it is, where the route needs to know. */
export function principalOf(request: IncomingMessage): Principal {
  const principal = visitorOf(request)?.principal;
  assert(principal !== undefined, 'a route without a need asks who it is');
  return principal;
}

/** `not_allowed` where the scopes aren't enough. */
export function checkNeed({ name, scopes }: Principal, need: Need): void {
  if (meets(scopes, need)) return;
  throw new HeliosError('not_allowed', `The token ${name} does not allow this.`, {
    hint: `It takes one of the scopes ${wantedScopes(need)}.`,
  });
}

/** `not_allowed` for a SELECT over tables that the scopes don't grant; runs nothing. */
export async function checkTables(
  principal: Principal,
  queries: Pick<QueryService, 'tablesOf'>,
  query: Pick<QueryRequest, 'sql' | 'params'>,
): Promise<void> {
  if (meets(principal.scopes, 'admin')) return;
  for (const table of await tablesOf(principal, queries, query)) checkTable(principal, table);
}

/**
 * Who may not see which tables there are isn't told of those whose names are near, nor which of
 * those that aren't granted there are.
 */
async function tablesOf(
  principal: Principal,
  queries: Pick<QueryService, 'tablesOf'>,
  query: Pick<QueryRequest, 'sql' | 'params'>,
): Promise<readonly string[]> {
  try {
    return await queries.tablesOf(query);
  } catch (thrown) {
    if (!(thrown instanceof HeliosError) || meets(principal.scopes, 'read')) throw thrown;
    const { code, message, position, details } = thrown;
    const unknown = details?.['unknownTable'];
    if (typeof unknown === 'string') checkTable(principal, unknown);
    throw new HeliosError(code, message, { position, cause: thrown });
  }
}

/** `not_allowed` for a table that the scopes don't grant. */
export function checkTable({ name, scopes }: Principal, table: string): void {
  if (mayQuery(scopes, table)) return;
  // In lower case: how a table spells itself says that there is one.
  const shown = table.toLowerCase();
  throw new HeliosError('not_allowed', `The token ${name} may not read ${shown}.`, {
    hint: 'It takes the scope query: of that table; what people did is for admins alone.',
  });
}
