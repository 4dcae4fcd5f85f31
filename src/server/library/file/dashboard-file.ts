import type { DashboardBody, SavedQueryBody } from '../library-api.ts';

/** What a dashboard's file says: the dashboard, and the saved queries that its panels name. */
export type DashboardFile = {
  /** Its path in the library. */
  readonly dashboard?: string | undefined;
  readonly queries?: readonly FileQuery[] | undefined;
} & DashboardBody;

type FileQuery = { readonly path: string } & SavedQueryBody;

/**
 * A dashboard as a file for review: YAML whose keys and panels stand in one order whatever order
 * they were saved in, with SQL as it is written and a block for each panel. The same dashboard
 * always makes the same text.
 */
export async function writeDashboardFile(file: DashboardFile): Promise<string> {
  const { Document, isMap, isSeq, Scalar, visit } = await import('yaml');
  const { dashboard, queries = [] } = file;
  const document = new Document({
    ...present({ dashboard }),
    ...orderedDashboard(file),
    ...present({
      queries: queries
        .toSorted((one, other) => inOrder(one.path, other.path))
        .map(({ path, ...query }) => ({ path, ...orderedQuery(query) })),
    }),
  });
  for (const name of ['variables', 'panels', 'queries']) {
    const list: unknown = document.get(name);
    if (!isSeq(list)) continue;
    for (const [at, item] of list.items.entries()) {
      if (!isMap(item)) continue;
      // An empty line between blocks keeps changes of two neighbours apart in a diff.
      if (name !== 'variables') item.spaceBefore = at > 0;
      const choices: unknown = item.get('choices');
      if (isSeq(choices)) choices.flow = true;
    }
  }
  visit(document, {
    Scalar: (_key, scalar) => {
      const isOdd = typeof scalar.value === 'string' && /^\s|\r/.test(scalar.value);
      // A block would lose the spaces that it begins with, and returns before its line ends.
      if (isOdd) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({
    lineWidth: 0,
    blockQuote: 'literal',
    flowCollectionPadding: false,
    singleQuote: true,
    // In double quotes spread over lines, a line of spaces between two others comes back as "\\".
    doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
  });
}

/** The same dashboard whatever order it was saved in: keys as here, panels as they are read. */
export function orderedDashboard({
  description,
  refresh_ms,
  last,
  variables = [],
  panels,
}: DashboardBody): DashboardBody {
  return {
    ...present({ description, refresh_ms, last }),
    ...present({
      variables: variables.map(({ name, label, value, choices }) => ({
        name,
        ...present({ label }),
        value,
        ...present({ choices }),
      })),
    }),
    panels: panels
      .toSorted((one, other) => one.y - other.y || one.x - other.x || inOrder(one.id, other.id))
      .map(({ id, title, kind, unit, x, y, width, height, source }) => ({
        ...{ id, title, kind },
        ...present({ unit }),
        ...{ x, y, width, height, source },
      })),
  };
}

/** The same saved query whatever order it was saved in; its SQL last, since that is long. */
export function orderedQuery(query: SavedQueryBody): SavedQueryBody {
  const { description, parameters = {}, view, chart, sql } = query;
  const sorted = Object.entries(parameters).toSorted(([one], [other]) => inOrder(one, other));
  const named = sorted.length === 0 ? undefined : Object.fromEntries(sorted);
  return { ...present({ description, parameters: named, view, chart }), sql };
}

/** What is undefined or empty says nothing, and isn't written. */
function present<T extends object>(fields: T): Partial<T> {
  const isSaid = (value: unknown): boolean =>
    value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => isSaid(value)),
  ) as Partial<T>;
}

/** By code units: the same on every machine, whatever its language. */
function inOrder(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
