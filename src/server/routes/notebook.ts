import { Type } from 'typebox';
import { isRemotePath } from '../../sql/connector/availability.ts';
import { parseS3Url } from '../../storage/s3/s3-location.ts';
import { chartKinds } from '../notebook/chart-cell.ts';
import { makeNotebook, type NotebookTable } from '../notebook/notebook.ts';
import { checkTables, principalOf } from '../access/visitor.ts';
import { errorSchema } from '../schemas.ts';
import { queryParamsSchema } from './query.ts';
import type { QueryBody } from '../api.ts';
import type { ServerDependencies } from '../dependencies.ts';
import type { Routes } from '../framework.ts';

/** `/api/v1/query/notebook`: a query as a notebook of Jupyter, not run yet. */
export function addNotebookRoute(
  app: Routes,
  { queries, tables }: Pick<ServerDependencies, 'queries' | 'tables'>,
  publicUrl: string | undefined,
): void {
  app.post('/api/v1/query/notebook', { schema }, async ({ raw, body, host, protocol }, reply) => {
    const { sql, title = 'A query of Helios', chart } = body;
    const params = body.params as QueryBody['params'];
    await checkTables(principalOf(raw), queries, { sql, params });
    const named: NotebookTable[] = [];
    for (const name of await queries.tablesOf({ sql, params })) {
      const { path, version } = await tables.get(name);
      named.push({ name, place: version === undefined ? undefined : placeOf(path) });
    }
    // A proxy in front speaks https where it is asked; here it is plain http.
    const url = publicUrl ?? `${protocol}://${host}`;
    const notebook = makeNotebook({ sql, params, title, chart, url, tables: named });
    reply.type('application/x-ipynb+json');
    reply.header('content-disposition', `attachment; filename="${fileName(title)}.ipynb"`);
    return await reply.send(`${JSON.stringify(notebook, undefined, 1)}\n`);
  });
}

function placeOf(path: string | undefined): NotebookTable['place'] {
  if (path === undefined) return undefined;
  return isRemotePath(path) ? parseS3Url(path) : { path };
}

/** What every system takes as a name of a file. */
function fileName(title: string): string {
  const name = title.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
  return name === '' ? 'query' : name.slice(0, fileNameCharactersMax).toLowerCase();
}

const fileNameCharactersMax = 60;
const columnName = Type.String({ minLength: 1, maxLength: 1000 });

const schema = {
  summary: 'A query with its chart as a notebook (nbformat 4.5)',
  description: 'The notebook asks this Helios, and the Delta tables themselves. Nothing is run.',
  body: Type.Object(
    {
      sql: Type.String({ minLength: 1, maxLength: 1_000_000 }),
      params: queryParamsSchema,
      title: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      chart: Type.Optional(
        Type.Object(
          {
            kind: Type.Enum([...chartKinds]),
            x: Type.Optional(columnName),
            y: Type.Optional(Type.Array(columnName, { minItems: 1, maxItems: 50 })),
          },
          { additionalProperties: false },
        ),
      ),
    },
    { additionalProperties: false },
  ),
  response: { '4xx': errorSchema },
};
