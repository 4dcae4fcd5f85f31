import type { Principal } from '../../access/token.ts';
import type { QueryService } from '../../query/query.ts';
import { checkNeed, checkTable, checkTables } from '../access/visitor.ts';
import type { LiveRequest } from './live-api.ts';

type SubscribeRequest = Extract<LiveRequest, { op: 'subscribe' }>;

/** `not_allowed` where who opened the socket may not see what is asked for. */
export async function checkSubscription(
  principal: Principal,
  queries: Pick<QueryService, 'tablesOf'>,
  request: SubscribeRequest,
): Promise<void> {
  if (request.kind === 'query') return await checkTables(principal, queries, request);
  if (request.kind === 'pipelines' || 'stream' in request) return checkNeed(principal, 'read');
  checkTable(principal, request.table);
  if (request.where === undefined) return;
  // A condition may have a SELECT of its own in it.
  const name = `"${request.table.replaceAll('"', '""')}"`;
  const sql = `SELECT * FROM ${name} WHERE (${request.where}\n)`;
  await checkTables(principal, queries, { sql });
}
