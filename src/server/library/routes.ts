import { type TSchema, Type } from 'typebox';
import type { DocumentKind } from '../../catalog/catalog.ts';
import type { Library, LibraryDocument } from '../../catalog/library.ts';
import type { Routes } from '../framework.ts';
import { errorSchema } from '../schemas.ts';
import { timeText } from '../wire.ts';
import { checkDashboard } from './dashboard-problems.ts';
import { addDashboardFileRoutes } from './file/routes.ts';
import type {
  DashboardBody,
  DashboardListAnswer,
  DocumentFacts,
  SavedQueryBody,
  SavedQueryListAnswer,
} from './library-api.ts';
import {
  dashboardBody,
  dashboardListSchema,
  dashboardSchema,
  savedQueryBody,
  savedQueryListSchema,
  savedQuerySchema,
} from './library-schemas.ts';

/** `/api/v1/library/…`: saved queries and dashboards. */
export function addLibraryRoutes(app: Routes, library: Library): void {
  addQueryList(app, library);
  addDashboardList(app, library);
  addDocuments(app, library, queries);
  addDocuments(app, library, dashboards);
  addMoves(app, library, queries);
  addMoves(app, library, dashboards);
  addDashboardFileRoutes(app, library);
}

type Described = {
  readonly kind: DocumentKind;
  readonly address: string;
  readonly what: string;
  readonly body: TSchema;
  readonly answer: TSchema;
};

const queries: Described = {
  kind: 'query',
  address: '/api/v1/library/queries',
  what: 'a saved query',
  body: savedQueryBody,
  answer: savedQuerySchema,
};

const dashboards: Described = {
  kind: 'dashboard',
  address: '/api/v1/library/dashboards',
  what: 'a dashboard',
  body: dashboardBody,
  answer: dashboardSchema,
};

function addQueryList(app: Routes, library: Library): void {
  app.get(
    queries.address,
    { schema: { summary: 'All saved queries', response: { 200: savedQueryListSchema } } },
    (): SavedQueryListAnswer => ({
      queries: library.list('query').map((document) => {
        const { description } = document.content as SavedQueryBody;
        return { ...factsOf(document), description };
      }),
    }),
  );
}

function addDashboardList(app: Routes, library: Library): void {
  app.get(
    dashboards.address,
    { schema: { summary: 'All dashboards', response: { 200: dashboardListSchema } } },
    (): DashboardListAnswer => ({
      dashboards: library.list('dashboard').map((document) => {
        const { description, panels } = document.content as DashboardBody;
        return { ...factsOf(document), description, panel_count: panels.length };
      }),
    }),
  );
}

const pathParams = Type.Object({
  path: Type.String({
    minLength: 1,
    maxLength: 1000,
    description: 'Folders and name; "/" is written %2F.',
  }),
});

const versionHeader = Type.Object({
  'if-match': Type.Optional(
    Type.String({ maxLength: 100, description: 'The version that is replaced; * is any.' }),
  ),
});

function addDocuments(app: Routes, library: Library, described: Described): void {
  const { kind, address, what, body: bodySchema, answer } = described;
  const one = `${address}/:path`;
  app.get(
    one,
    {
      schema: {
        summary: `Get ${what}`,
        params: pathParams,
        response: { 200: answer, '4xx': errorSchema },
      },
    },
    ({ params }, reply) => {
      const document = library.get(kind, params.path);
      reply.header('etag', `"${document.version}"`);
      return answerOf(document);
    },
  );
  app.put(
    one,
    {
      schema: {
        summary: `Save ${what}`,
        description:
          'Without If-Match only what is new is saved. Where what is there has another version, ' +
          'nothing is changed: 409, with the other version and its content in details.',
        params: pathParams,
        headers: versionHeader,
        body: bodySchema,
        response: { 200: answer, '4xx': errorSchema },
      },
    },
    ({ params, headers, body }, reply) => {
      if (kind === 'dashboard') checkDashboard(body as DashboardBody);
      const replaces = versionOf(headers['if-match']);
      const document = library.put(kind, { path: params.path, content: body, replaces });
      reply.header('etag', `"${document.version}"`);
      return answerOf(document);
    },
  );
  app.delete(
    one,
    {
      schema: {
        summary: `Delete ${what}`,
        params: pathParams,
        headers: versionHeader,
        response: { 204: Type.Null(), '4xx': errorSchema },
      },
    },
    async ({ params, headers }, reply) => {
      library.delete(kind, params.path, versionOf(headers['if-match']));
      return await reply.code(204).send();
    },
  );
}

const moveBody = Type.Object(
  { path: Type.String({ minLength: 1, maxLength: 1000, description: 'Where it is from now on.' }) },
  { additionalProperties: false },
);

function addMoves(app: Routes, library: Library, { kind, address, what, answer }: Described): void {
  app.patch(
    `${address}/:path`,
    {
      schema: {
        summary: `Rename ${what}, or move it to another folder`,
        description: 'Where there is one of that path already, nothing is changed: 409.',
        params: pathParams,
        headers: versionHeader,
        body: moveBody,
        response: { 200: answer, '4xx': errorSchema },
      },
    },
    ({ params, headers, body }, reply) => {
      const version = versionOf(headers['if-match']);
      const document = library.move(kind, params.path, { to: body.path, version });
      reply.header('etag', `"${document.version}"`);
      return answerOf(document);
    },
  );
}

function answerOf(document: LibraryDocument): DocumentFacts {
  return { ...(document.content as object), ...factsOf(document) };
}

function factsOf({ path, version, changedAtMs }: LibraryDocument): DocumentFacts {
  return { path, version, changed_at: timeText(changedAtMs) };
}

/** As in an entity tag, or bare as the API answers it. */
function versionOf(header: string | undefined): string | undefined {
  return header?.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}
