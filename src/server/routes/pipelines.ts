import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { errorAnswer } from '../answer/error-answer.ts';
import type { PlanAnswer } from '../answer/plan-answer.ts';
import { logRefusal } from '../answer/log-refusal.ts';
import {
  errorSchema,
  pipelineListSchema,
  pipelineSchema,
  planAnswerSchema,
  validateAnswerSchema,
} from '../schemas.ts';
import { pipelineAnswer, pipelineDetails, previewLine, validateAnswer } from '../wire.ts';
import { abortOnClose } from './abort-on-close.ts';
import {
  backfillBody,
  backfillPoint,
  endOf,
  type From,
  fromSchema,
  pointOf,
  restartBody,
  restartRequest,
} from './restart.ts';
import { checkNewName, discardQuery, nameParams } from './names.ts';
import type { Pipelines, PreviewEvent } from '../../pipeline/pipeline.ts';
import type { ErrorAnswer, PipelineAnswer, PipelineListAnswer, ValidateAnswer } from '../api.ts';
import type { Routes } from '../framework.ts';
import type { Logger } from 'pino';

/** `/api/v1/pipelines…`. */
export function addPipelineRoutes(app: Routes, pipelines: Pipelines, logger: Logger): void {
  addReading(app, pipelines);
  addChanging(app, pipelines);
  addBackfill(app, pipelines);
  addTrying(app, pipelines, logger);
}

const path = '/api/v1/pipelines';
const onePath = `${path}/:name`;
const sqlText = Type.String({ minLength: 1, maxLength: 1_000_000 });

const createBody = Type.Object(
  {
    name: Type.String(),
    sql: sqlText,
    adopt: Type.Optional(Type.Boolean()),
    allow_skipping: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

const patchBody = Type.Union([
  Type.Object(
    { state: Type.Enum(['running', 'paused', 'stopped']) },
    { additionalProperties: false },
  ),
  Type.Object(
    { sql: sqlText, drop_state: Type.Optional(Type.Boolean()) },
    { additionalProperties: false },
  ),
  restartBody,
]);

const sqlBody = Type.Object({ sql: sqlText }, { additionalProperties: false });

const previewBody = Type.Object(
  {
    sql: sqlText,
    max_rows: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, default: 100 })),
    timeout_ms: Type.Optional(Type.Integer({ minimum: 1, maximum: 600_000, default: 30_000 })),
    input: Type.Optional(Type.Enum(['live', 'history'])),
    from: Type.Optional(Type.Unsafe<From>(fromSchema)),
    until: Type.Optional(Type.String({ maxLength: 100 })),
  },
  { additionalProperties: false },
);

function addReading(app: Routes, pipelines: Pipelines): void {
  app.get(
    path,
    { schema: { summary: 'All pipelines', response: { 200: pipelineListSchema } } },
    (): PipelineListAnswer => ({ pipelines: pipelines.list().map(pipelineAnswer) }),
  );
  app.get(
    onePath,
    {
      schema: {
        summary: 'One pipeline',
        params: nameParams,
        response: { 200: pipelineSchema, 404: errorSchema },
      },
    },
    async ({ params }): Promise<PipelineAnswer> =>
      pipelineDetails(await pipelines.look(params.name)),
  );
  app.get(
    `${onePath}/plan`,
    {
      schema: {
        summary: 'The operators of one pipeline: sources, windows, keys, state, sinks',
        params: nameParams,
        response: { 200: planAnswerSchema, '4xx': errorSchema },
      },
    },
    async ({ params }): Promise<PlanAnswer> => await pipelines.plan(params.name),
  );
}

function addChanging(app: Routes, pipelines: Pipelines): void {
  const response = { 200: pipelineSchema, '4xx': errorSchema };
  app.post(
    path,
    {
      schema: {
        summary: 'Create and start a pipeline',
        body: createBody,
        response: { 201: pipelineSchema, '4xx': errorSchema },
      },
    },
    async ({ body }, reply): Promise<PipelineAnswer> => {
      checkNewName('pipeline', body.name);
      const {
        name,
        sql,
        adopt: isAdopting = false,
        allow_skipping: isAllowingSkips = false,
      } = body;
      const info = await pipelines.create({ name, sql, isAdopting, isAllowingSkips });
      reply.code(201);
      return pipelineAnswer(info);
    },
  );
  app.patch(
    onePath,
    {
      schema: {
        summary: 'Start, pause, stop, edit a pipeline, or let it read on elsewhere',
        params: nameParams,
        querystring: discardQuery,
        body: patchBody,
        response,
      },
    },
    async ({ params, query, body }): Promise<PipelineAnswer> => {
      const options = { isDiscarding: query.discard === 'true' };
      if ('sql' in body) {
        const isDroppingState = body.drop_state ?? false;
        const edit = { ...options, isDroppingState };
        return pipelineAnswer(await pipelines.edit(params.name, body.sql, edit));
      }
      if ('restart_from' in body) {
        const info = await pipelines.restart(params.name, restartRequest(body));
        return pipelineDetails(info);
      }
      if (body.state === 'stopped') {
        return pipelineAnswer(await pipelines.stop(params.name, options));
      }
      const isPausing = body.state === 'paused';
      const info = await (isPausing ? pipelines.pause(params.name) : pipelines.start(params.name));
      return pipelineAnswer(info);
    },
  );
  app.delete(
    onePath,
    {
      schema: {
        summary: 'Delete a pipeline; its tables stay',
        params: nameParams,
        querystring: discardQuery,
        response: { 204: Type.Null(), '4xx': errorSchema },
      },
    },
    async ({ params, query }, reply) => {
      await pipelines.delete(params.name, { isDiscarding: query.discard === 'true' });
      return await reply.code(204).send();
    },
  );
}

function addBackfill(app: Routes, pipelines: Pipelines): void {
  app.post(
    `${onePath}/backfill`,
    {
      schema: {
        summary: 'Read what lies before the beginning of a pipeline, beside it, once',
        params: nameParams,
        body: backfillBody,
        response: { 201: pipelineSchema, '4xx': errorSchema },
      },
    },
    async ({ params, body }, reply): Promise<PipelineAnswer> => {
      const info = await pipelines.backfill(params.name, backfillPoint(body));
      reply.code(201);
      return pipelineDetails(info);
    },
  );
}

function addTrying(app: Routes, pipelines: Pipelines, logger: Logger): void {
  app.post(
    `${path}/validate`,
    {
      schema: {
        summary: 'Check a script without running it; its errors are an answer, with status 200',
        body: sqlBody,
        response: { 200: validateAnswerSchema, '4xx': errorSchema },
      },
    },
    async ({ body }): Promise<ValidateAnswer> => validateAnswer(await pipelines.validate(body.sql)),
  );
  app.post(
    `${path}/preview`,
    {
      schema: {
        summary: 'Run a script without its sinks; rows stream out as NDJSON',
        body: previewBody,
        produces: ['application/x-ndjson'],
        response: { '4xx': errorSchema },
      },
    },
    async ({ body, raw, id }, reply) => {
      const events = pipelines.preview(body.sql, {
        rowsMax: body.max_rows ?? 100,
        timeoutMs: body.timeout_ms ?? 30_000,
        input: body.input ?? 'history',
        from: body.from === undefined ? undefined : pointOf(body.from),
        until: body.until === undefined ? undefined : endOf(body.until),
        signal: abortOnClose(reply.raw),
      });
      // A script that can't run is an error of the request, so the first event is awaited.
      const iterator = events[Symbol.asyncIterator]();
      const lines = previewLines(await iterator.next(), iterator, (thrown) => {
        const answer = errorAnswer(thrown, id);
        logRefusal(logger, answer, raw);
        return answer.body;
      });
      reply.type('application/x-ndjson');
      return await reply.send(Readable.from(lines));
    },
  );
}

async function* previewLines(
  first: IteratorResult<PreviewEvent>,
  rest: AsyncIterator<PreviewEvent>,
  failed: (thrown: unknown) => ErrorAnswer,
): AsyncGenerator<string> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      yield `${JSON.stringify(previewLine(next.value))}\n`;
    }
  } catch (thrown) {
    yield `${JSON.stringify(failed(thrown))}\n`;
  } finally {
    await rest.return?.();
  }
}
