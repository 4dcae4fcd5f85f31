import type { DataflowNode, RowKind, StateColumn, WindowShape, WrittenSelect } from './dataflow.ts';
import { hiddenColumns, type Relation, type WindowPart } from './relation.ts';
import { refuse } from './refusal.ts';
import { asHeliosError } from '../../base/errors.ts';
import { findExpression, type Tree } from '../../sql/tree/tree.ts';
import { pathOf } from './columns.ts';
import type { EmptyRelation, TreeEngine } from './tree-engine.ts';

/** Relations by their names in lower case: the script's, and the CTEs in scope. */
export type Scope = ReadonlyMap<string, Relation>;

export type NewSelect = {
  readonly rows: RowKind;
  readonly text: string;
  readonly reads: readonly Relation[];
  readonly label: string | undefined;
  /** Its own, without hidden ones. */
  readonly columns: readonly StateColumn[];
  readonly windowParts: ReadonlyMap<number, WindowPart>;
  readonly shape: WindowShape | undefined;
};

/** The nodes that a script has been compiled to so far. */
export class Compilation {
  readonly engine: TreeEngine;
  /** For how long updating nodes keep a key that nothing happens to. */
  readonly ttlMs: number;
  readonly nodes: DataflowNode[] = [];
  #names = 0;

  constructor(engine: TreeEngine, ttlMs: number) {
    this.engine = engine;
    this.ttlMs = ttlMs;
  }

  newName(): string {
    this.#names++;
    return `__node_${this.#names}`;
  }

  /** What the SELECT says whose first node this is. */
  describeNode(index: number, written: WrittenSelect): void {
    const node = this.nodes[index];
    if (node !== undefined) this.nodes[index] = { ...node, written };
  }

  /** Adds a SELECT whose text gives the columns that it should, hidden ones last. */
  async addSelect(select: NewSelect, name: string = this.newName()): Promise<Relation> {
    const { rows, reads, label, columns, windowParts, shape } = select;
    const text = await this.#numbered(select);
    await this.checkColumns(text, reads.map(withHidden), [...columns, ...hiddenColumns(rows)]);
    const sql = { text, reads: [...new Set(reads.map((one) => one.name))] };
    this.nodes.push({ kind: 'select', name, rows, sql, label });
    return { name, rows, columns, windowParts, shape };
  }

  /** Names that come twice are numbered, as they are in `columns`. */
  async #numbered({ text, reads }: NewSelect): Promise<string> {
    const given = await this.describe(text, reads.map(withHidden));
    const names = new Set(given.map(({ name }) => name.toLowerCase()));
    return names.size === given.length ? text : `SELECT * FROM (${text})`;
  }

  /** Holds what was made of a SELECT against what the SELECT itself would give. */
  async checkColumns(
    text: string,
    reads: readonly EmptyRelation[],
    wanted: readonly StateColumn[],
  ): Promise<void> {
    const given = await this.describe(text, reads);
    const isSame =
      given.length === wanted.length &&
      given.every(({ name, typeText }, index) => {
        const other = wanted[index];
        return name === other?.name && typeText === other.typeText;
      });
    if (!isSame) refuse(cannotRun, 'Name its columns and tables one by one.', undefined);
  }

  /** What a SELECT of the script gives; names that come twice are numbered. */
  async describeSelect(
    select: Tree,
    reads: readonly EmptyRelation[],
  ): Promise<readonly StateColumn[]> {
    try {
      return await this.engine.describeNumbered(await this.engine.print(select), reads);
    } catch (thrown) {
      refuseOutside(select, asHeliosError(thrown).message);
      throw thrown;
    }
  }

  /** Refused where DuckDB doesn't take it. */
  async describe(text: string, reads: readonly EmptyRelation[]): Promise<readonly StateColumn[]> {
    try {
      return await this.engine.describe(text, reads);
    } catch (thrown) {
      return refuse(`${cannotRun} ${asHeliosError(thrown).message}`, undefined, undefined);
    }
  }
}

/** The whole script was bound before: what a query by itself doesn't find is outside of it. */
function refuseOutside(select: Tree, message: string): void {
  const name = /Referenced (?:table|column) "(.+?)" not found/.exec(message)?.[1]?.toLowerCase();
  const node = findExpression(
    select,
    (one) => pathOf(one)?.some((part) => part.toLowerCase() === name) === true,
  );
  if (node === undefined) return;
  const shown = pathOf(node)?.join('.') ?? '';
  const hint = 'Join its tables with the others instead: … JOIN … ON, or IN (SELECT …).';
  refuse(`A query of streams finds no ${shown}, which is outside of it.`, hint, node);
}

const cannotRun = 'This SELECT cannot run on a stream as it is written.';

export function withHidden(relation: Relation): EmptyRelation {
  return {
    name: relation.name,
    columns: [...relation.columns, ...hiddenColumns(relation.rows)],
  };
}
