import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { HeliosError } from '../../base/errors.ts';
import type { RestoreTo } from '../../pipeline/care/restore.ts';
import type { TableCare } from '../../pipeline/care/care.ts';
import { errorAnswer } from '../answer/error-answer.ts';
import { logRefusal } from '../answer/log-refusal.ts';
import type { Routes } from '../framework.ts';
import { abortOnClose } from '../routes/abort-on-close.ts';
import { nameParams } from '../routes/names.ts';
import { errorSchema } from '../schemas.ts';
import type {
  DescriptionAnswer,
  HistoryAnswer,
  ProgressAnswer,
  RestoreAnswer,
  RestoreBody,
} from './care-api.ts';
import { descriptionSchema, historySchema, restoreSchema } from './care-schemas.ts';
import {
  descriptionAnswer,
  optimizeAnswer,
  restoreAnswer,
  vacuumAnswer,
  versionAnswer,
} from './care-wire.ts';
import { progressLines } from './progress-lines.ts';

export type Care = Pick<
  TableCare,
  'check' | 'optimize' | 'vacuum' | 'restore' | 'history' | 'describe'
>;

/** `/api/v1/tables/{name}/…`: what is done to tables besides writing rows. */
export function addCareRoutes(app: Routes, care: Care, logger: Logger): void {
  addLooks(app, care);
  addRestore(app, care);
  addOptimize(app, care, logger);
  addVacuum(app, care, logger);
}

const path = '/api/v1/tables/:name';
const versionsDefault = 100;
const ndjson = { produces: ['application/x-ndjson'], response: { '4xx': errorSchema } };

function addLooks(app: Routes, care: Care): void {
  app.get(
    `${path}/history`,
    {
      schema: {
        summary: "A Delta table's versions, the newest first",
        params: nameParams,
        querystring: historyQuery,
        response: { 200: historySchema, '4xx': errorSchema },
      },
    },
    async ({ params, query }): Promise<HistoryAnswer> => {
      const entries = await care.history(params.name, Number(query.limit ?? versionsDefault));
      return { versions: entries.map(versionAnswer) };
    },
  );
  app.get(
    `${path}/description`,
    {
      schema: {
        summary: 'All that a Delta table says of itself',
        params: nameParams,
        response: { 200: descriptionSchema, '4xx': errorSchema },
      },
    },
    async ({ params }): Promise<DescriptionAnswer> =>
      descriptionAnswer(await care.describe(params.name)),
  );
}

function addRestore(app: Routes, care: Care): void {
  app.post(
    `${path}/restore`,
    {
      schema: {
        summary: 'Make a Delta table what it was, by a new version',
        params: nameParams,
        body: restoreBody,
        response: { 200: restoreSchema, '4xx': errorSchema },
      },
    },
    async ({ params, body }, reply): Promise<RestoreAnswer> => {
      const request = { to: restoreTo(body), isDryRun: body.dry_run === true };
      return restoreAnswer(await care.restore(params.name, request, abortOnClose(reply.raw)));
    },
  );
}

function addOptimize(app: Routes, care: Care, logger: Logger): void {
  app.post(
    `${path}/optimize`,
    {
      schema: {
        summary: 'Merge small files of a Delta table; progress streams out as NDJSON',
        params: nameParams,
        body: optimizeBody,
        ...ndjson,
      },
    },
    async ({ params, body, raw, id }, reply) => {
      care.check(params.name);
      const request = { targetBytes: body.target_bytes, sortBy: body.sort_by ?? [] };
      const signal = abortOnClose(reply.raw);
      return await sendLines(
        async (onProgress) =>
          optimizeAnswer(await care.optimize(params.name, request, { signal, onProgress })),
        { raw, id, reply, logger },
      );
    },
  );
}

function addVacuum(app: Routes, care: Care, logger: Logger): void {
  app.post(
    `${path}/vacuum`,
    {
      schema: {
        summary: 'Delete files that a Delta table no longer needs; progress streams out as NDJSON',
        params: nameParams,
        body: vacuumBody,
        ...ndjson,
      },
    },
    async ({ params, body, raw, id }, reply) => {
      care.check(params.name);
      const isDryRun = body.dry_run === true;
      const isForced = body.force === true;
      const signal = abortOnClose(reply.raw);
      return await sendLines(
        async (onProgress) => {
          const request = { retentionMs: body.retain_ms, isDryRun, isForced };
          const result = await care.vacuum(params.name, request, { signal, onProgress });
          return vacuumAnswer(result, isDryRun);
        },
        { raw, id, reply, logger },
      );
    },
  );
}

const historyQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.String({ pattern: '^[1-9][0-9]{0,3}$', description: '1 to 9,999; 100 unless given.' }),
    ),
  },
  { additionalProperties: false },
);

const optimizeBody = Type.Object(
  {
    sort_by: Type.Optional(Type.Array(Type.String({ maxLength: 255 }), { maxItems: 32 })),
    target_bytes: Type.Optional(Type.Integer({ minimum: 1024, maximum: 2 ** 36 })),
  },
  { additionalProperties: false },
);

const vacuumBody = Type.Object(
  {
    retain_ms: Type.Optional(Type.Integer({ minimum: 0 })),
    dry_run: Type.Optional(Type.Boolean()),
    force: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

const restoreBody = Type.Object(
  {
    version: Type.Optional(Type.Integer({ minimum: 0 })),
    timestamp: Type.Optional(Type.String({ maxLength: 64 })),
    dry_run: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

function restoreTo({ version, timestamp }: RestoreBody): RestoreTo {
  if (version !== undefined && timestamp === undefined) return { kind: 'version', version };
  const atMs = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  if (version === undefined && !Number.isNaN(atMs)) return { kind: 'time', atMs };
  throw new HeliosError('invalid_request', 'Give a version, or a time such as 2026-01-31T12:00Z.');
}

async function sendLines<Result>(
  work: (onProgress: (progress: ProgressAnswer) => void) => Promise<Result>,
  context: {
    readonly raw: FastifyRequest['raw'];
    readonly id: string;
    readonly reply: FastifyReply;
    readonly logger: Logger;
  },
): Promise<FastifyReply> {
  const lines = progressLines(work, (thrown) => {
    const answer = errorAnswer(thrown, context.id);
    logRefusal(context.logger, answer, context.raw);
    return answer.body;
  });
  context.reply.type('application/x-ndjson');
  return await context.reply.send(Readable.from(lines));
}
