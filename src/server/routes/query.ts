import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { asHeliosError } from '../../base/errors.ts';
import { errorAnswer } from '../answer/error-answer.ts';
import {
  completeAnswerSchema,
  errorSchema,
  functionListSchema,
  queryAnswerSchema,
} from '../schemas.ts';
import { checkTables, principalOf } from '../access/visitor.ts';
import { abortOnClose } from './abort-on-close.ts';
import { formatOf } from './accept.ts';
import type { QueryAnswer, ResultFormat } from '../../query/query.ts';
import type { CompleteAnswer, FunctionListAnswer } from '../api.ts';
import type { ServerDependencies } from '../dependencies.ts';
import type { Routes } from '../framework.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ServerResponse } from 'node:http';
import type { TSchema } from 'typebox';

type QueryDependencies = Pick<ServerDependencies, 'queries' | 'clock' | 'logger'> & {
  readonly metrics: Metrics;
};

/** `/api/v1/query`, `/api/v1/complete` and `/api/v1/functions`. */
export function addQueryRoutes(app: Routes, dependencies: QueryDependencies): void {
  const { queries, clock, metrics } = dependencies;
  app.post('/api/v1/query', { schema: querySchema }, async (request, reply) => {
    const startMs = clock.monotonicMs();
    reply.raw.once('close', () => {
      const seconds = (clock.monotonicMs() - startMs) / 1000;
      metrics.count('helios_queries_total', { outcome: outcomeOf(reply.raw) });
      metrics.observeSeconds('helios_query_duration_seconds', seconds);
    });
    const { body } = request;
    const format = formatOf(request.headers.accept);
    const signal = abortOnClose(reply.raw);
    await checkTables(principalOf(request.raw), queries, body);
    const answer = await queries.run({
      sql: body.sql,
      params: body.params,
      format,
      maxRows: body.max_rows,
      cellBytesMax: body.max_cell_bytes,
      timeoutMs: body.timeout_ms,
      signal,
    });
    const bytes = await startedBody(answer, { format, id: request.id, dependencies });
    reply.headers(answerHeaders(answer));
    return await reply.send(bytes);
  });
  app.post(
    '/api/v1/complete',
    { schema: completeSchema },
    async ({ body }): Promise<CompleteAnswer> => ({
      completions: await queries.complete(body.text),
    }),
  );
  app.get(
    '/api/v1/functions',
    {
      schema: {
        summary: 'The functions that a query may call, explained',
        response: { 200: functionListSchema },
      },
    },
    async (): Promise<FunctionListAnswer> => ({ functions: await queries.functions() }),
  );
}

const scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]);

const params = Type.Optional(
  Type.Union([Type.Record(Type.String(), scalar), Type.Array(scalar)], {
    description: 'Values of $name, or of $1 and so on: scalars.',
  }),
);

const maxCellBytes = Type.Optional(
  Type.Integer({
    minimum: 1000,
    description:
      'In a JSON answer of up to 300 columns, values that are longer are ' +
      '{helios_cut, helios_bytes}: their beginning, and how many bytes they have.',
  }),
);

/** The same for who asks over the live socket. */
export const maxCellBytesSchema: TSchema = maxCellBytes;
/** The same for who asks over the live socket. */
export const queryParamsSchema: TSchema = params;

const querySchema = {
  summary: 'Answer one SELECT; closing the connection cancels it',
  description:
    'With Accept: text/csv, application/x-ndjson, application/vnd.apache.parquet or ' +
    'application/vnd.apache.arrow.stream the rows stream in that format, and the header ' +
    'x-helios-saw says what the answer saw.',
  body: Type.Object(
    {
      sql: Type.String({ minLength: 1, maxLength: 1_000_000 }),
      params,
      max_rows: Type.Optional(Type.Integer({ minimum: 1, default: 10_000 })),
      max_cell_bytes: maxCellBytes,
      timeout_ms: Type.Optional(Type.Integer({ minimum: 1 })),
    },
    { additionalProperties: false },
  ),
  response: { 200: queryAnswerSchema, '4xx': errorSchema },
};

const completeSchema = {
  summary: 'Completions of an unfinished statement',
  body: Type.Object({ text: Type.String({ maxLength: 100_000 }) }, { additionalProperties: false }),
  response: { 200: completeAnswerSchema, '4xx': errorSchema },
};

function outcomeOf(response: ServerResponse): string {
  if (!response.writableFinished) return 'aborted';
  return response.statusCode < 400 ? 'done' : 'failed';
}

type BodyContext = {
  readonly format: ResultFormat;
  readonly id: string;
  readonly dependencies: QueryDependencies;
};

/**
 * The answer's bytes, after the first of them: a query that fails before has a status of its own.
 */
async function startedBody(answer: QueryAnswer, context: BodyContext): Promise<Readable> {
  const iterator = answer.body[Symbol.asyncIterator]();
  const first = await iterator.next();
  return Readable.from(remainingBytes(first, iterator, context), { objectMode: false });
}

async function* remainingBytes(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
  { format, id, dependencies }: BodyContext,
): AsyncGenerator<Uint8Array> {
  let isAtLineStart = true;
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      isAtLineStart = next.value.at(-1) === lineFeed;
      yield next.value;
    }
  } catch (thrown) {
    const failure = asHeliosError(thrown);
    dependencies.logger.warn({ id, code: failure.code, err: thrown }, 'query failed midway');
    // Only NDJSON has room for an error; elsewhere a broken connection is the honest end.
    if (format !== 'ndjson') throw failure;
    const line = JSON.stringify(errorAnswer(failure, id).body);
    yield Buffer.from(`${isAtLineStart ? '' : '\n'}${line}\n`);
  } finally {
    await rest.return?.();
  }
}

const lineFeed = 0x0a;

function answerHeaders(answer: QueryAnswer): Record<string, string> {
  const saw = headerText(JSON.stringify(answer.saw));
  return {
    'content-type': answer.contentType,
    'x-helios-query-id': answer.id,
    // Clients bound what headers they take; JSON answers carry it whole in any case.
    ...(saw.length <= sawHeaderCharactersMax ? { 'x-helios-saw': saw } : {}),
  };
}

const sawHeaderCharactersMax = 8192;

/** JSON in ASCII, as header values are. */
function headerText(json: string): string {
  return json.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
