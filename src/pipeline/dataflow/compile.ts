import type { Connection } from '../../engine/engine.ts';
import type { Insert, Script, ScriptError, SinkColumn, SourceTable } from '../../sql/script.ts';
import { positionOfByte } from '../../sql/select-text.ts';
import type { Output } from '../plan/plan.ts';
import { compileQuery } from './compile-query.ts';
import { Compilation } from './context.ts';
import type { Dataflow, DataflowOutput } from './dataflow.ts';
import { type InsertedRelation, insertSql } from './insert-sql.ts';
import { reachable, withWaits } from './reachable.ts';
import { Refusal } from './refusal.ts';
import { commonShape, type Relation, rowsOf } from './relation.ts';
import { sourceTimes } from './source-time.ts';
import { stateColumn, TreeEngine } from './tree-engine.ts';

/** A script whose SELECTs DuckDB has bound. */
export type StatefulScript = {
  readonly script: Script;
  /** Names of views and memory tables, each after those it reads. */
  readonly order: readonly string[];
  readonly outputs: readonly Output[];
};

export type CompiledScript =
  | { readonly kind: 'ok'; readonly dataflow: Dataflow }
  | { readonly kind: 'errors'; readonly errors: readonly ScriptError[] };

/**
 * Makes a dataflow of a script. The connection must know the macros of `windowMacros`, by which
 * DuckDB has found that the names and types in the SELECTs are right.
 */
export async function compileDataflow(
  stateful: StatefulScript,
  connection: Connection,
): Promise<CompiledScript> {
  const compiler = new ScriptCompiler(stateful, new TreeEngine(connection));
  const dataflow = await compiler.run();
  return compiler.errors.length > 0
    ? { kind: 'errors', errors: compiler.errors }
    : { kind: 'ok', dataflow };
}

class ScriptCompiler {
  readonly errors: ScriptError[] = [];
  readonly #stateful: StatefulScript;
  readonly #compilation: Compilation;
  readonly #scope = new Map<string, Relation>();

  constructor(stateful: StatefulScript, engine: TreeEngine) {
    this.#stateful = stateful;
    this.#compilation = new Compilation(engine);
  }

  async run(): Promise<Dataflow> {
    const { script, order, outputs } = this.#stateful;
    for (const source of script.sources) this.#put(sourceRelation(source));
    for (const name of order) await this.#view(name);
    const compiled: DataflowOutput[] = [];
    for (const { table, inserts } of outputs) {
      const relations = await this.#inserted(inserts);
      if (relations === undefined) continue;
      const takesEvents = table.takesChanges === true;
      const sql = insertSql(relations, { columns: table.columns, takesEvents });
      compiled.push({ table: table.name, sql });
    }
    const nodes = withWaits(reachable(this.#compilation.nodes, compiled), compiled);
    return { sources: sourceTimes(script, nodes), nodes, outputs: compiled };
  }

  get #engine(): TreeEngine {
    return this.#compilation.engine;
  }

  async #view(name: string): Promise<void> {
    const { script } = this.#stateful;
    const view = script.views.find((one) => one.name === name);
    if (view !== undefined) {
      const relation = await this.#select(view, { label: name, name });
      if (relation !== undefined) this.#put(relation);
      return;
    }
    const table = script.memoryTables.find((one) => one.name === name);
    const inserts = script.inserts.filter((insert) => insert.target === name);
    const relations = table && (await this.#inserted(inserts));
    if (table === undefined || relations === undefined) return;
    this.#put(await this.#memoryTable(name, relations, table.columns));
  }

  async #memoryTable(
    name: string,
    inserts: readonly InsertedRelation[],
    columns: readonly SinkColumn[],
  ): Promise<Relation> {
    const rows = rowsOf(inserts.map((one) => one.relation));
    const sql = insertSql(inserts, { columns, hidden: rows });
    return await this.#compilation.addSelect(
      {
        rows,
        text: sql.text,
        reads: inserts.map((one) => one.relation),
        label: name,
        columns: columns.map(stateColumn),
        windowParts: new Map(),
        shape: commonShape(inserts.map((one) => one.relation)),
      },
      name,
    );
  }

  /** Undefined: one of them was refused. */
  async #inserted(inserts: readonly Insert[]): Promise<readonly InsertedRelation[] | undefined> {
    const relations: InsertedRelation[] = [];
    for (const insert of inserts) {
      const relation = await this.#select(insert, { label: undefined, name: undefined });
      if (relation !== undefined) relations.push({ insert, relation });
    }
    return relations.length === inserts.length ? relations : undefined;
  }

  async #select(
    { select, position }: Pick<Insert, 'select' | 'position'>,
    names: { readonly label: string | undefined; readonly name: string | undefined },
  ): Promise<Relation | undefined> {
    const query = await this.#engine.parse(select.text);
    try {
      return await compileQuery(query, { ...names, scope: this.#scope }, this.#compilation);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      const { message, hint, byteOffset } = thrown.problem;
      const place = byteOffset === undefined ? position : positionOfByte(select, byteOffset);
      this.errors.push({ message, hint, position: place });
      return undefined;
    }
  }

  #put(relation: Relation): void {
    this.#scope.set(relation.name.toLowerCase(), relation);
  }
}

function sourceRelation({ name, columns }: SourceTable): Relation {
  return {
    name,
    rows: 'events',
    columns: columns.map(stateColumn),
    windowParts: new Map(),
    shape: undefined,
  };
}
