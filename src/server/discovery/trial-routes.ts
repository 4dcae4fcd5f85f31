import { Type } from 'typebox';
import type { Discovery } from '../../discovery/discovery.ts';
import type { Routes } from '../framework.ts';
import { checkNewName } from '../routes/names.ts';
import { errorSchema } from '../schemas.ts';
import type { DraftAnswerDocument, TryAnswer } from './discovery-answers.ts';
import { draftAnswerSchema, tryAnswerSchema } from './discovery-schemas.ts';
import { draftAnswerDocument, sampleRecord, tryAnswer } from './discovery-wire.ts';

const sampleMax = 5000;

const value = Type.Union([
  Type.Object({ text: Type.String() }, { additionalProperties: false }),
  Type.Object({ base64: Type.String() }, { additionalProperties: false }),
  Type.Null(),
]);

const records = Type.Array(
  Type.Object(
    { partition: Type.String(), position: Type.String(), value },
    { additionalProperties: false },
  ),
  { maxItems: sampleMax, description: 'That were looked at before.' },
);

const draftBody = Type.Object(
  {
    table: Type.String(),
    source: Type.Record(Type.String({ maxLength: 128 }), Type.String({ maxLength: 65_536 }), {
      description: "Options of the source table without the format's, connector first.",
      maxProperties: 100,
    }),
    records,
  },
  { additionalProperties: false },
);

const tryBody = Type.Object(
  { sql: Type.String({ minLength: 1, maxLength: 1_000_000 }), records },
  { additionalProperties: false },
);

/** `POST /api/v1/pipelines/draft` and `…/try`: of records that were looked at before. */
export function addTrials(app: Routes, discovery: Discovery): void {
  app.post(
    '/api/v1/pipelines/draft',
    {
      schema: {
        summary: 'Draft a pipeline that fits records; nothing is made',
        body: draftBody,
        response: { 200: draftAnswerSchema, '4xx': errorSchema },
      },
    },
    async ({ body }): Promise<DraftAnswerDocument> => {
      const { table, source } = body;
      checkNewName('table', table);
      const sample = body.records.map(sampleRecord);
      return draftAnswerDocument(table, await discovery.draft(sample, { table, source }), sample);
    },
  );
  app.post(
    '/api/v1/pipelines/try',
    {
      schema: {
        summary: "What a script's first source would do with records; nothing is made",
        body: tryBody,
        response: { 200: tryAnswerSchema, '4xx': errorSchema },
      },
    },
    async ({ body }): Promise<TryAnswer> => {
      const sample = body.records.map(sampleRecord);
      return tryAnswer(await discovery.try(body.sql, sample), sample);
    },
  );
}
