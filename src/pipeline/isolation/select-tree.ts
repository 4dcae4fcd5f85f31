import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';

/** A node of the JSON that `json_serialize_sql` gives, to be changed and given back to DuckDB. */
export type TreeNode = Readonly<Record<string, unknown>>;

/** Thrown where a SELECT has something that the rewriting doesn't know. */
export class UnknownShape extends Error {}

/**
 * The tree of one SELECT. Places are taken out and long numbers kept as text: both are larger than
 * a JavaScript number holds exactly.
 */
export async function selectTree(connection: Connection, sql: string): Promise<TreeNode> {
  const [row] = await connection.rows('SELECT json_serialize_sql($1::VARCHAR) AS tree', [sql]);
  const text = String(row?.['tree']).replaceAll(/"query_location":\d+/g, '"query_location":0');
  const tree = nodeOf(JSON.parse(text.replaceAll(stringOrNumber, markLongNumber)));
  const [statement] = listOf(tree['statements']);
  if (statement === undefined) throw new HeliosError('internal', `DuckDB can't parse ${sql}`);
  return nodeOf(nodeOf(statement)['node']);
}

/** The text of each expression, without its alias. */
export async function expressionTexts(
  connection: Connection,
  expressions: readonly TreeNode[],
): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const expression of expressions) {
    const node = { ...selectOfNothing, select_list: [{ ...expression, alias: '' }] };
    const tree = { error: false, statements: [{ node, named_param_map: [] }] };
    const json = JSON.stringify(tree).replaceAll(markedNumber, '$1');
    const [row] = await connection.rows('SELECT json_deserialize_sql($1::JSON) AS sql', [json]);
    texts.push(String(row?.['sql']).slice('SELECT '.length));
  }
  return texts;
}

/** What a cast to each of these types has for it in its tree, as text. */
export async function castTypes(
  connection: Connection,
  types: readonly string[],
): Promise<readonly string[]> {
  const casts = types.map((type) => `CAST(NULL AS ${type})`);
  const tree = await selectTree(connection, `SELECT ${casts.join(', ')}`);
  return listOf(tree['select_list']).map((cast) => JSON.stringify(nodeOf(cast)['cast_type']));
}

export function nodeOf(value: unknown): TreeNode {
  if (typeof value === 'object' && value !== null) return value as TreeNode;
  throw new UnknownShape(`${JSON.stringify(value)} for an object`);
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** All nodes of an expression's tree that have a class, itself among them. */
export function expressionsIn(value: unknown): readonly TreeNode[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap(expressionsIn);
  return 'class' in value ? [nodeOf(value), ...inside] : inside;
}

const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const markedNumber = /\{"__long_number":"([^"]*)"\}/g;
/** Digits that a double holds for sure. */
const safeDigits = 15;

function markLongNumber(token: string): string {
  return token.startsWith('"') || token.length <= safeDigits
    ? token
    : `{"__long_number":"${token}"}`;
}

const selectOfNothing: TreeNode = {
  type: 'SELECT_NODE',
  modifiers: [],
  cte_map: { map: [] },
  from_table: { type: 'EMPTY', alias: '', sample: null, query_location: 0 },
  where_clause: null,
  group_expressions: [],
  group_sets: [],
  aggregate_handling: 'STANDARD_HANDLING',
  having: null,
  sample: null,
  qualify: null,
};
