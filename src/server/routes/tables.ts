import { Type } from 'typebox';
import { mayQuery } from '../../access/scope.ts';
import { checkTable, principalOf } from '../access/visitor.ts';
import { errorSchema, tableListSchema, tableSchema } from '../schemas.ts';
import { tableAnswer } from '../wire.ts';
import { checkNewName, nameParams } from './names.ts';
import type { TableAnswer, TableListAnswer } from '../api.ts';
import type { Tables } from '../dependencies.ts';
import type { Routes } from '../framework.ts';

/** `/api/v1/tables…`. */
export function addTableRoutes(app: Routes, tables: Tables): void {
  app.get(
    path,
    { schema: { summary: 'All tables', response: { 200: tableListSchema } } },
    async ({ raw }): Promise<TableListAnswer> => {
      const { scopes } = principalOf(raw);
      const all = await tables.list();
      return { tables: all.filter(({ name }) => mayQuery(scopes, name)).map(tableAnswer) };
    },
  );
  app.get(
    onePath,
    {
      schema: {
        summary: 'One table',
        params: nameParams,
        response: { 200: tableSchema, 404: errorSchema },
      },
    },
    async ({ raw, params }): Promise<TableAnswer> => {
      checkTable(principalOf(raw), params.name);
      return tableAnswer(await tables.get(params.name));
    },
  );
  app.post(
    path,
    {
      schema: {
        summary: 'Attach a Delta table or a folder of Parquet, CSV or JSON, read only',
        body: attachBody,
        response: { 201: tableSchema, '4xx': errorSchema },
      },
    },
    async ({ body }, reply): Promise<TableAnswer> => {
      checkNewName('table', body.name);
      const info = await tables.attach(body);
      reply.code(201);
      return tableAnswer(info);
    },
  );
  app.delete(
    onePath,
    {
      schema: {
        summary: 'Detach a table; its files stay',
        params: nameParams,
        response: { 204: Type.Null(), '4xx': errorSchema },
      },
    },
    async ({ params }, reply) => {
      await tables.detach(params.name);
      return await reply.code(204).send();
    },
  );
}

const path = '/api/v1/tables';
const onePath = `${path}/:name`;

const attachBody = Type.Object(
  {
    name: Type.String(),
    path: Type.String({ minLength: 1, maxLength: 4096 }),
    storage_options: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 4096 }), {
        description: 'How to reach the store; secrets as references, such as env:NAME',
      }),
    ),
  },
  { additionalProperties: false },
);
