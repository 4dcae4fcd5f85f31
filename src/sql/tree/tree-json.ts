/**
 * The tree in the JSON of `json_serialize_sql`. Numbers that a double may not hold as they are
 * written, such as constants of 20 digits, stay text (`JSON.rawJSON`), and are printed as that.
 */
export function readTree(json: string): unknown {
  return parseWithSource(finite(json), (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined
      ? JSON.rawJSON(source)
      : value,
  );
}

export function printTree(tree: unknown): string {
  return JSON.stringify(tree);
}

/** DuckDB writes constants like 1e309 as `Infinity`, which is no JSON, and reads 1e999 as that. */
function finite(json: string): string {
  if (!json.includes('Infinity')) return json;
  const stringOrInfinity = /"(?:[^"\\]|\\.)*"|(-?)Infinity/g;
  return json.replaceAll(stringOrInfinity, (found: string, sign?: string) =>
    sign === undefined ? found : `${sign}1e999`,
  );
}

/** TypeScript does not know yet that a reviver is told the text of a number. */
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;
