import type { Connection } from '../../engine/engine.ts';
import type { Insert, Script, ScriptError, SinkColumn, SourceTable } from '../../sql/script.ts';
import { positionOfByte } from '../../sql/select-text.ts';
import type { Output } from '../plan/plan.ts';
import { compileQuery } from './compile-query.ts';
import { durationMsOf } from '../../sql/connector/quantities.ts';
import { eventSchema } from '../updating/change-events.ts';
import { Compilation } from './context.ts';
import type { Dataflow, DataflowOutput, RelationSql } from './dataflow.ts';
import { type InsertedRelation, insertSql } from './insert-sql.ts';
import { reachable, withWaits } from './reachable.ts';
import { recordTimeOf, sourceRelation, withoutRecordTime } from './source/record-time.ts';
import { Refusal } from './refusal.ts';
import { commonShape, type Relation, rowsOf } from './relation.ts';
import { sourceTimes } from './source/source-time.ts';
import { stateColumn, TreeEngine } from './tree-engine.ts';

/** A script whose SELECTs DuckDB has bound. */
export type StatefulScript = {
  readonly script: Script;
  /** Names of views and memory tables, each after those it reads. */
  readonly order: readonly string[];
  readonly outputs: readonly Output[];
};

export type CompiledScript =
  | {
      readonly kind: 'ok';
      readonly dataflow: Dataflow;
      /** The script's: what a bare SELECT changes is printed as events. */
      readonly outputs: readonly Output[];
    }
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
    : { kind: 'ok', dataflow, outputs: compiler.outputs };
}

class ScriptCompiler {
  readonly errors: ScriptError[] = [];
  readonly outputs: Output[] = [];
  readonly #stateful: StatefulScript;
  readonly #compilation: Compilation;
  readonly #scope = new Map<string, Relation>();

  constructor(stateful: StatefulScript, engine: TreeEngine) {
    this.#stateful = stateful;
    this.#compilation = new Compilation(engine, ttlMsOf(stateful.script));
  }

  async run(): Promise<Dataflow> {
    const { script, order, outputs } = this.#stateful;
    for (const source of script.sources) await this.#source(source);
    for (const name of order) await this.#view(name);
    const compiled: DataflowOutput[] = [];
    for (const output of outputs) {
      const sql = await this.#output(output);
      if (sql !== undefined) compiled.push({ table: output.table.name, sql });
    }
    const nodes = withWaits(reachable(this.#compilation.nodes, compiled), compiled);
    return { sources: sourceTimes(script, nodes), nodes, outputs: compiled };
  }

  async #output(output: Output): Promise<RelationSql | undefined> {
    const { table, inserts } = output;
    const relations = await this.#inserted(inserts);
    if (relations === undefined) return undefined;
    const { columns } = table;
    if (relations.every(({ relation }) => relation.rows !== 'changes')) {
      this.outputs.push(output);
      return insertSql(relations, { columns, takesEvents: table.takesChanges === true });
    }
    const updating = updatingOutput(output);
    if (updating === undefined) {
      const { position } = inserts[0] ?? table;
      this.errors.push({ ...notUpdating, position });
      return undefined;
    }
    this.outputs.push(updating);
    return insertSql(relations, { columns, hidden: 'changes', takesEvents: true });
  }

  get #engine(): TreeEngine {
    return this.#compilation.engine;
  }

  async #source(source: SourceTable): Promise<void> {
    const relation = sourceRelation(source);
    this.#put(relation);
    if (recordTimeOf(source) === undefined) return;
    const text = withoutRecordTime(relation);
    const plain = { ...relation, text, reads: [relation], label: undefined };
    this.#scope.set(source.name.toLowerCase(), await this.#compilation.addSelect(plain));
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

/** As a sink of changes; undefined where it is none. A bare SELECT's rows are printed as events. */
function updatingOutput(output: Output): Output | undefined {
  const { table, inserts, schema } = output;
  if (table.takesChanges === true) return output;
  if (inserts.some(({ target }) => target !== undefined)) return undefined;
  return { ...output, table: { ...table, takesChanges: true }, schema: eventSchema(schema) };
}

const notUpdating = {
  message:
    'input is updating, but sink is not configured as an updating sink ' +
    "(hint: use format = 'debezium_json')",
  hint: "Or group by a window, whose rows never change: GROUP BY tumble(interval '1 minute'), ….",
};

/** `updating_ttl`, unless the script sets it. */
const ttlDefaultMs = 24 * 3600 * 1000;

function ttlMsOf({ settings }: Script): number {
  const setting = settings.findLast(({ name }) => name === 'updating_ttl');
  return (setting && durationMsOf(setting.value)) ?? ttlDefaultMs;
}
