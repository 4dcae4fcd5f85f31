import { Type } from 'typebox';
import type { Library } from '../../../catalog/library.ts';
import type { Routes } from '../../framework.ts';
import { errorSchema } from '../../schemas.ts';
import type { DashboardBody, ImportAnswer, SavedQueryBody } from '../library-api.ts';
import { writeDashboardFile } from './dashboard-file.ts';
import { importDashboard } from './import-dashboard.ts';

/** Dashboards as files: `…/dashboards/{path}/file`, and `/api/v1/library/import`. */
export function addDashboardFileRoutes(app: Routes, library: Library): void {
  app.get(
    '/api/v1/library/dashboards/:path/file',
    { schema: exporting },
    async (request, reply) => {
      const { path, version, content } = library.get('dashboard', request.params.path);
      const body = content as DashboardBody;
      const named = new Set(body.panels.flatMap(({ source }) => queryOf(source)));
      // A panel may name a query that was deleted: its file is without it, too.
      const queries = library
        .list('query')
        .filter((one) => named.has(one.path))
        .map((one) => ({ path: one.path, ...(one.content as SavedQueryBody) }));
      reply.header('etag', `"${version}"`);
      reply.header('content-disposition', `attachment; ${fileName(path)}`);
      reply.type('application/yaml; charset=utf-8');
      return await reply.send(await writeDashboardFile({ dashboard: path, ...body, queries }));
    },
  );
  app.post(
    '/api/v1/library/import',
    { schema: importing },
    async ({ body }): Promise<ImportAnswer> => await importDashboard(library, body),
  );
}

function queryOf(source: DashboardBody['panels'][number]['source']): readonly string[] {
  return 'query' in source ? [source.query] : [];
}

/** The last part of the path, for programs that know RFC 5987 and for those that don't. */
function fileName(path: string): string {
  const name = `${path.split('/').at(-1) ?? 'dashboard'}.yaml`;
  const plain = name.replaceAll(/[^\w. -]/g, '_');
  return `filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`;
}

const documentVersion = {
  kind: Type.Enum(['query', 'dashboard']),
  path: Type.String({ minLength: 1, maxLength: 1000 }),
  version: Type.String({ maxLength: 100 }),
};

/** A dashboard with all of its saved queries. */
const fileCharactersMax = 2_000_000;
const replacedMax = 100;

const importBody = Type.Object(
  {
    file: Type.String({ maxLength: fileCharactersMax, description: 'YAML, or JSON.' }),
    path: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1000,
        description: 'Of the dashboard, in place of the one in the file.',
      }),
    ),
    replaces: Type.Optional(
      Type.Array(Type.Object(documentVersion, { additionalProperties: false }), {
        maxItems: replacedMax,
        description: 'What may be replaced: exactly these versions.',
      }),
    ),
  },
  { additionalProperties: false },
);
const importAnswerSchema = Type.Object({
  path: Type.String(),
  documents: Type.Array(
    Type.Object({ ...documentVersion, outcome: Type.Enum(['made', 'replaced', 'unchanged']) }),
  ),
});

const exporting = {
  summary: 'A dashboard as a file, with the saved queries that its panels name',
  params: Type.Object({ path: Type.String({ minLength: 1, maxLength: 1000 }) }),
  response: { 200: Type.String({ description: 'YAML' }), '4xx': errorSchema },
};

const importing = {
  summary: 'Keep what a file of a dashboard says',
  description:
    'What is there with other content is replaced only where its version is named; else nothing ' +
    'is changed: 409, with each such document in details.conflicts. What is wrong with a file is ' +
    'in details.errors, each with its place.',
  body: importBody,
  response: { 200: importAnswerSchema, '4xx': errorSchema },
};
