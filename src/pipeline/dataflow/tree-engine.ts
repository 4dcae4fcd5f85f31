import { assert } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { duckdbType, parseDuckdbType, quoteName } from '../../engine/types.ts';
import { emptyTable, selectNode } from '../../sql/tree/make-tree.ts';
import { printTree, readTree } from '../../sql/tree/tree-json.ts';
import { isTree, type Tree, treesOf } from '../../sql/tree/tree.ts';
import type { Column } from '../../event/schema.ts';
import type { StateColumn } from './dataflow.ts';

/** A relation with columns, of which only the names and types matter. */
export type EmptyRelation = { readonly name: string; readonly columns: readonly StateColumn[] };

export function stateColumn({ name, type }: Column): StateColumn {
  return {
    name,
    type,
    typeText: duckdbType(type).replaceAll('TIMESTAMPTZ', 'TIMESTAMP WITH TIME ZONE'),
  };
}

/** DuckDB's own parser, printer and binder. */
export class TreeEngine {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The tree of one SELECT. */
  async parse(select: string): Promise<Tree> {
    const sql = 'SELECT json_serialize_sql($1::VARCHAR) AS tree';
    const [row] = await this.#connection.rows(sql, [select]);
    const root = readTree(String(row?.['tree']));
    const [statement] = isTree(root) ? treesOf(root['statements']) : [];
    const node = statement?.['node'];
    if (isTree(node)) return node;
    throw new HeliosError('internal', `DuckDB made no tree of ${select}.`);
  }

  /** The tree of an expression. */
  async parseExpression(text: string): Promise<Tree> {
    const [node] = treesOf((await this.parse(`SELECT ${text}`))['select_list']);
    assert(node !== undefined, `DuckDB made no tree of ${text}.`);
    return node;
  }

  async print(query: Tree): Promise<string> {
    const root = { error: false, statements: [{ node: query, named_param_map: [] }] };
    const sql = 'SELECT json_deserialize_sql($1::VARCHAR) AS text';
    const [row] = await this.#connection.rows(sql, [printTree(root)]);
    return String(row?.['text']);
  }

  async printExpression(node: Tree): Promise<string> {
    const select = selectNode({ select_list: [{ ...node, alias: '' }], from_table: emptyTable });
    return (await this.print(select)).slice('SELECT '.length);
  }

  /** The columns of a SELECT over relations without rows. */
  async describe(
    select: string,
    relations: readonly EmptyRelation[],
  ): Promise<readonly StateColumn[]> {
    const rows = await this.#connection.rows(`DESCRIBE ${withEmpty(relations)}${select}`);
    return rows.map((row) => {
      const typeText = String(row['column_type']);
      return { name: String(row['column_name']), type: parseDuckdbType(typeText), typeText };
    });
  }

  /** As `describe`; names that come twice are numbered, as they are where the SELECT is a table. */
  async describeNumbered(
    select: string,
    relations: readonly EmptyRelation[],
  ): Promise<readonly StateColumn[]> {
    return await this.describe(`SELECT * FROM (${select})`, relations);
  }

  /** Value of a constant expression of type INTERVAL; undefined: NULL. */
  async interval(text: string): Promise<Interval | undefined> {
    const [row] = await this.#connection.rows(`SELECT CAST(${text} AS INTERVAL) AS value`);
    const value: unknown = row?.['value'];
    if (!isTree(value)) return undefined;
    const { months, days, micros } = value;
    return { months: Number(months), days: Number(days), us: BigInt(String(micros)) };
  }
}

export type Interval = { readonly months: number; readonly days: number; readonly us: bigint };

function withEmpty(relations: readonly EmptyRelation[]): string {
  if (relations.length === 0) return '';
  // A relation that is joined with itself is read twice.
  const different = new Map(relations.map((one) => [one.name, one]));
  const texts = [...different.values()].map(({ name, columns }) => {
    const list = columns.map(({ name: column, typeText }) => {
      return `NULL::${typeText} AS ${quoteName(column)}`;
    });
    return `${quoteName(name)} AS (SELECT ${list.join(', ')} WHERE false)`;
  });
  return `WITH ${texts.join(', ')} `;
}
