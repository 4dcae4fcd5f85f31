import { Type } from 'typebox';
import { HeliosError } from '../../base/errors.ts';
import { recordsChosenMax, type Replays } from '../../pipeline/replay/replay.ts';
import type { Routes } from '../framework.ts';
import { abortOnClose } from '../routes/abort-on-close.ts';
import { errorSchema } from '../schemas.ts';
import type {
  QuarantineAnswer,
  QuarantineTrialAnswer,
  ReplayAnswer,
  ReplayListAnswer,
} from './quarantine-api.ts';
import {
  quarantineSchema,
  replayListSchema,
  replaySchema,
  trialSchema,
} from './quarantine-schemas.ts';
import { quarantineAnswer, replayAnswer, replayFilter, trialAnswer } from './quarantine-wire.ts';

/** `/api/v1/quarantine…`: rejected records, tried and replayed. */
export function addQuarantineRoutes(app: Routes, replays: Replays): void {
  addReading(app, replays);
  addTrying(app, replays);
}

const path = '/api/v1/quarantine';

/** Longest position, and longest name of a partition or column, that anybody has, with room. */
const wordLengthMax = 1024;

const word = Type.String({ maxLength: wordLengthMax });

const filterFields = {
  pipeline: Type.String({ minLength: 1, maxLength: 255 }),
  source: Type.Optional(word),
  code: Type.Optional(Type.String({ maxLength: 64 })),
  column: Type.Optional(
    Type.String({ maxLength: wordLengthMax, description: "That the message names; '' for none." }),
  ),
  from: Type.Optional(Type.String({ maxLength: 64, description: 'Rejected then or later.' })),
  until: Type.Optional(Type.String({ maxLength: 64, description: 'Rejected before then.' })),
  records: Type.Optional(
    Type.Array(
      Type.Object(
        { source: word, partition: word, position: word },
        { additionalProperties: false },
      ),
      { maxItems: recordsChosenMax, description: 'These alone.' },
    ),
  ),
};

const trialBody = Type.Object(
  {
    ...filterFields,
    sql: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1_000_000, description: 'Instead of its own.' }),
    ),
  },
  { additionalProperties: false },
);

const replayBody = Type.Object(
  {
    ...filterFields,
    key: Type.Optional(
      Type.String({ pattern: '^[ -~]{1,100}$', description: 'The same key is the same replay.' }),
    ),
  },
  { additionalProperties: false },
);

const pipelineQuery = Type.Object(
  { pipeline: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })) },
  { additionalProperties: false },
);

const idParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 255 }) });

function addReading(app: Routes, replays: Replays): void {
  app.get(
    path,
    {
      schema: {
        summary: 'How many records were rejected, and what became of them since',
        querystring: pipelineQuery,
        response: { 200: quarantineSchema, '4xx': errorSchema },
      },
    },
    async ({ query }): Promise<QuarantineAnswer> =>
      quarantineAnswer(await replays.counts(query.pipeline)),
  );
  app.get(
    `${path}/replays`,
    {
      schema: {
        summary: 'Replays of rejected records that wait or run, and the last that are done',
        querystring: pipelineQuery,
        response: { 200: replayListSchema, '4xx': errorSchema },
      },
    },
    ({ query }): ReplayListAnswer => {
      const all = replays.replays();
      const wanted = query.pipeline?.toLowerCase();
      const chosen = all.filter(
        ({ pipeline }) => wanted === undefined || pipeline.toLowerCase() === wanted,
      );
      return { replays: chosen.map(replayAnswer) };
    },
  );
  app.get(
    `${path}/replays/:id`,
    {
      schema: {
        summary: 'How far a replay is',
        params: idParams,
        response: { 200: replaySchema, 404: errorSchema },
      },
    },
    ({ params }): ReplayAnswer => {
      const found = replays.replays().find(({ id }) => id === params.id);
      if (found === undefined) throw noReplay(params.id);
      return replayAnswer(found);
    },
  );
}

function addTrying(app: Routes, replays: Replays): void {
  app.post(
    `${path}/trial`,
    {
      schema: {
        summary: 'What a replay of rejected records would make of them now; writes nothing',
        body: trialBody,
        response: { 200: trialSchema, '4xx': errorSchema },
      },
    },
    async ({ body }, reply): Promise<QuarantineTrialAnswer> => {
      const { pipeline, sql } = body;
      const signal = abortOnClose(reply.raw);
      const trial = await replays.trial(pipeline, { filter: replayFilter(body), sql, signal });
      return trialAnswer(pipeline, trial);
    },
  );
  app.post(
    `${path}/replay`,
    {
      schema: {
        summary: 'Send rejected records through their pipeline once more, each at most once',
        body: replayBody,
        response: { 202: replaySchema, '4xx': errorSchema },
      },
    },
    async ({ body }, reply): Promise<ReplayAnswer> => {
      const { pipeline, key } = body;
      const info = await replays.replay(pipeline, { filter: replayFilter(body), key });
      reply.code(202);
      return replayAnswer(info);
    },
  );
}

function noReplay(id: string): HeliosError {
  const shown = id.length > 40 ? `${id.slice(0, 40)}…` : id;
  return new HeliosError('not_found', `There is no replay ${JSON.stringify(shown)}.`, {
    hint: 'Only the last replays of each pipeline are remembered.',
  });
}
