/** One value of a wide row. Those of one `typeText` have one `textOf`. */
export type WideCell = {
  /** How the row has it: an expression of its type. */
  readonly expression: string;
  /** DuckDB's type, whole. */
  readonly typeText: string;
  /** SQL of the text of a value of that type, never NULL. */
  readonly textOf: (expression: string) => string;
};

export type WideLine = {
  readonly cells: readonly WideCell[];
  /** Text before the first cell, between two, and after the last one; or before each of them. */
  readonly around:
    | { readonly start: string; readonly separator: string; readonly end: string }
    | { readonly before: readonly string[]; readonly end: string };
};

export type WideRows = WideLine & {
  /** A subquery, and the names of its columns that the cells' expressions use. */
  readonly rows: string;
  readonly aliases: string;
  /** Rows past so many are empty lines. */
  readonly rowsMax: number | undefined;
};

/**
 * A SELECT of the text lines of rows of hundreds or thousands of columns. DuckDB has room for 2048
 * rows at each step of each column's expression: for thousands of columns more than a query may
 * have. Here the values of each type go into one list at once, all lists of 128 rows become text
 * together, by one expression a type, and the next 128 rows take the same room:
 *
 *   a BIGINT, b VARCHAR, c BIGINT  →  [a, c], [b]  →  texts ['1', '3'], ['"x"']  →  ,[1,"x",3]
 *
 * The rows stay in their order, and are written as they come.
 */
export function wideLinesSelect({ rows, aliases, rowsMax, ...line }: WideRows): string {
  const { lists, places } = listsByType(line.cells);
  const columns = lists.map(({ items }, index) => `[${items.join(', ')}] AS ${listName(index)}`);
  const texts = lists.map(
    ({ textOf }, index) =>
      `list_transform(${listName(index)}, lambda helios_value: ${textOf('helios_value')})`,
  );
  const whole = lineSql(texts, places, line.around);
  const cut =
    rowsMax === undefined ? whole : `CASE WHEN row_index > ${rowsMax} THEN '' ELSE ${whole} END`;
  const index = rowsMax === undefined ? '' : ', row_number() OVER () AS row_index';
  // Each row 16 times, of which one is kept: 2048 rows are 16 times 128 to what follows.
  const slices = `SELECT *, unnest(range(${2048 / sliceRows})) AS slice`;
  const packed = `SELECT ${columns.join(', ')} FROM ${rows} AS result(${aliases})`;
  const numbered = `SELECT *${index} FROM (${packed})`;
  return `SELECT ${cut} FROM (${slices} FROM (${numbered})) WHERE slice = 0 ${unbatched}`;
}

/** Rows that become text together: few enough for their memory, and enough for the work at each. */
const sliceRows = 128;

/**
 * Where rows can come from several places whose order only DuckDB knows, it keeps all text of one
 * place, such as a row group of a file, until that is whole. Of `range` it doesn't, and so it
 * writes as it goes.
 */
const unbatched = 'UNION ALL SELECT NULL FROM range(0)';

type ListOfType = { readonly items: string[]; readonly textOf: WideCell['textOf'] };

/** The lists, and where in all of them, one behind the other, each cell is, from 1. */
function listsByType(cells: readonly WideCell[]): {
  readonly lists: readonly ListOfType[];
  readonly places: readonly number[];
} {
  const byType = new Map<string, ListOfType & { readonly indexes: number[] }>();
  for (const [index, { expression, typeText, textOf }] of cells.entries()) {
    const list = byType.get(typeText) ?? { items: [], indexes: [], textOf };
    byType.set(typeText, list);
    list.items.push(expression);
    list.indexes.push(index);
  }
  const lists = [...byType.values()];
  const places: number[] = [];
  for (const [place, index] of lists.flatMap(({ indexes }) => indexes).entries()) {
    places[index] = place + 1;
  }
  return { lists, places };
}

function lineSql(
  texts: readonly string[],
  places: readonly number[],
  around: WideLine['around'],
): string {
  if ('separator' in around) {
    const all = `list_select(list_concat(${texts.join(', ')}), [${places.join(', ')}])`;
    const { start, separator, end } = around;
    return `concat(${start}, array_to_string(${all}, ${separator}), ${end})`;
  }
  const all = [...texts, `[${around.before.join(', ')}]`];
  const alternating = places.flatMap((place, index) => [places.length + index + 1, place]);
  const parts = `list_select(list_concat(${all.join(', ')}), [${alternating.join(', ')}])`;
  return `concat(array_to_string(${parts}, ''), ${around.end})`;
}

function listName(index: number): string {
  return `helios_list_${index + 1}`;
}
