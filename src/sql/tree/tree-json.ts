import { textConstant } from './make-tree.ts';
import { isRaw, isTree, type Tree } from './tree.ts';

/**
 * The tree in the JSON of `json_serialize_sql`. Numbers that a double may not hold as they are
 * written, such as constants of 20 digits, stay text (`JSON.rawJSON`), and are printed as that.
 */
export function readTree(json: string): unknown {
  return parseWithSource(finite(json), (_key, value, { source }) => {
    if (isTree(value)) return asCast(value) ?? value;
    return typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined
      ? JSON.rawJSON(source)
      : value;
  });
}

/** A constant that is no finite number, which DuckDB writes and doesn't read: as a cast of text. */
function asCast(node: Tree): Tree | undefined {
  const { value: constant, ...rest } = node;
  if (node['class'] !== 'CONSTANT' || !isTree(constant)) return undefined;
  const { value, type } = constant;
  const sign = isRaw(value) ? /^(-?)1e999$/.exec(value.rawJSON)?.[1] : undefined;
  if (sign === undefined) return undefined;
  const child = textConstant(`${sign}Infinity`);
  return { ...rest, class: 'CAST', type: 'OPERATOR_CAST', child, cast_type: type, try_cast: false };
}

export function printTree(tree: unknown): string {
  return JSON.stringify(tree);
}

/** DuckDB writes constants like 1e309 as `Infinity`, which is no JSON. */
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
