import { Type } from 'typebox';
import type { Pipelines } from '../../pipeline/pipeline.ts';
import type { Routes } from '../framework.ts';
import { nameParams } from '../routes/names.ts';
import { errorSchema } from '../schemas.ts';
import type { ConsequencesAnswer } from './edit-api.ts';
import { consequencesSchema } from './edit-schemas.ts';
import { consequencesAnswer } from './edit-wire.ts';

const sqlBody = Type.Object(
  { sql: Type.String({ minLength: 1, maxLength: 1_000_000 }) },
  { additionalProperties: false },
);

/** What is asked of a pipeline before it is edited. */
export function addEditRoutes(app: Routes, pipelines: Pipelines): void {
  app.post(
    '/api/v1/pipelines/:name/consequences',
    {
      schema: {
        summary: 'What an edit would keep, lose and begin anew, without making it',
        params: nameParams,
        body: sqlBody,
        response: { 200: consequencesSchema, '4xx': errorSchema },
      },
    },
    async ({ params, body }): Promise<ConsequencesAnswer> =>
      consequencesAnswer(await pipelines.consequences(params.name, body.sql)),
  );
}
