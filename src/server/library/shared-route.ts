import { Type } from 'typebox';
import type { Routes } from '../framework.ts';
import { checkTables, principalOf } from '../access/visitor.ts';
import type { QueryService } from '../../query/query.ts';
import { abortOnClose } from '../routes/abort-on-close.ts';
import { errorSchema, queryAnswerSchema } from '../schemas.ts';
import type { SharedAnswers } from './shared-answers.ts';

/** `/api/v1/query/shared`: for what many look at together, again and again. */
export function addSharedQueryRoute(
  app: Routes,
  answers: SharedAnswers,
  queries: Pick<QueryService, 'tablesOf'>,
): void {
  app.post('/api/v1/query/shared', { schema }, async ({ raw, body }, reply) => {
    const params = { ...body.params, ...timesOf(body.times ?? {}) };
    await checkTables(principalOf(raw), queries, { sql: body.sql, params });
    const { json, nextMs } = await answers.ask(
      {
        sql: body.sql,
        params: body.params ?? {},
        times: body.times ?? {},
        maxRows: body.max_rows ?? rowsDefault,
        tickMs: body.tick_ms ?? tickDefaultMs,
      },
      abortOnClose(reply.raw),
    );
    reply.header('x-helios-next-ms', String(Math.round(nextMs)));
    reply.type('application/json; charset=utf-8');
    return await reply.send(json);
  });
}

/** Any times: it's only which tables a query names that is asked. */
function timesOf(times: Readonly<Record<string, number>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(times).map((name) => [name, new Date(0).toISOString()]));
}

const rowsDefault = 1000;
const tickDefaultMs = 1000;
const yearsMs = 100 * 366 * 86_400_000;

const scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]);

const schema = {
  summary: 'Answer one SELECT for all who ask it in the same tick',
  description:
    'Of each query one runs at a time, and one a tick; the header x-helios-next-ms says when the ' +
    'next tick begins.',
  body: Type.Object(
    {
      sql: Type.String({ minLength: 1, maxLength: 1_000_000 }),
      params: Type.Optional(Type.Record(Type.String(), scalar)),
      times: Type.Optional(
        Type.Record(Type.String(), Type.Integer({ minimum: -yearsMs, maximum: yearsMs }), {
          description: 'Parameters that are times: ms from when the query is run.',
        }),
      ),
      max_rows: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
      tick_ms: Type.Optional(Type.Integer({ minimum: 250, maximum: 86_400_000, default: 1000 })),
    },
    { additionalProperties: false },
  ),
  response: { 200: queryAnswerSchema, '4xx': errorSchema },
};
