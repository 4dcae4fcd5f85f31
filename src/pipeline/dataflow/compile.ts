import { asHeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import type { Insert, Script, ScriptError, SinkColumn, SourceTable } from '../../sql/script.ts';
import { keptLate } from './window/kept-late.ts';
import type { SelectProblem } from '../../sql/stateless.ts';
import { positionOfByte } from '../../sql/select-text.ts';
import type { Output } from '../plan/plan.ts';
import { compileQuery } from './compile-query.ts';
import { durationMsOf } from '../../sql/connector/quantities.ts';
import { eventSchema } from '../updating/change-events.ts';
import { currentTableProblem } from '../updating/current-table.ts';
import { rowKeys } from '../updating/row-keys.ts';
import { Compilation } from './context.ts';
import type { Dataflow, DataflowLookup, DataflowNode, DataflowOutput } from './dataflow.ts';
import { type InsertedRelation, insertSql } from './insert-sql.ts';
import { reachable, readsOf, withWaits } from './reachable.ts';
import { recordTimeOf, sourceRelation, withoutRecordTime } from './source/record-time.ts';
import { givesChanges, rowChanges, withoutOperation } from './source/row-changes.ts';
import { reservedNames, reservedRelation } from './source/reserved-names.ts';
import { ReadsRefused, Refusal } from './refusal.ts';
import { commonShape, type Relation, rowsOf } from './relation.ts';
import { lookupRelation } from './lookup/lookup-query.ts';
import { UsedNames } from './lookup/used-names.ts';
import type { LookupRelation } from '../lookup/lookup-relations.ts';
import { sourceTimes } from './source/source-time.ts';
import { stateColumn, TreeEngine } from './tree-engine.ts';

/** A script whose SELECTs DuckDB has bound. */
export type StatefulScript = {
  readonly script: Script;
  /** Names of views and memory tables, each after those it reads. */
  readonly order: readonly string[];
  readonly outputs: readonly Output[];
  /** Tables that it may join with, with all their columns. */
  readonly lookups?: readonly LookupRelation[] | undefined;
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
  const compiled = await compiler.run();
  const late = keptLate(compiled, stateful);
  const errors = [...compiler.errors, ...late.errors];
  if (errors.length > 0) return { kind: 'errors', errors };
  const dataflow = { ...compiled, nodes: late.nodes, outputs: late.dataflowOutputs };
  return { kind: 'ok', dataflow, outputs: [...compiler.outputs, ...late.outputs] };
}

class ScriptCompiler {
  readonly errors: ScriptError[] = [];
  readonly outputs: Output[] = [];
  readonly #stateful: StatefulScript;
  readonly #compilation: Compilation;
  readonly #scope = new Map<string, Relation>();
  readonly #used = new UsedNames();

  constructor(stateful: StatefulScript, engine: TreeEngine) {
    this.#stateful = stateful;
    this.#compilation = new Compilation(engine, ttlMsOf(stateful.script));
  }

  async run(): Promise<Dataflow> {
    const { script, order, outputs } = this.#stateful;
    for (const lookup of this.#stateful.lookups ?? []) this.#put(lookupRelation(lookup));
    for (const source of script.sources) await this.#source(source);
    for (const name of order) await this.#view(name);
    const compiled: DataflowOutput[] = [];
    for (const output of outputs) {
      const sql = await this.#output(output);
      if (sql !== undefined) compiled.push({ table: output.table.name, ...sql });
    }
    const { lookups = [] } = this.#stateful;
    const names = new Set(lookups.map(({ name }) => name));
    const nodes = withWaits(reachable(this.#compilation.nodes, compiled), compiled, names);
    const sources = sourceTimes(script, nodes);
    const read = this.#lookups(nodes, compiled);
    return { lookups: read, sources, nodes, outputs: compiled };
  }

  /** Those that are read, with the columns that any SELECT may name. */
  #lookups(
    nodes: readonly DataflowNode[],
    outputs: readonly DataflowOutput[],
  ): readonly DataflowLookup[] {
    const read = new Set([...nodes.flatMap(readsOf), ...outputs.flatMap(({ sql }) => sql.reads)]);
    return (this.#stateful.lookups ?? [])
      .filter(({ name }) => read.has(name))
      .map(({ name, columns }) => ({ name, columns: this.#used.of(columns.map(stateColumn)) }));
  }

  async #output(output: Output): Promise<Omit<DataflowOutput, 'table'> | undefined> {
    const { table, inserts } = output;
    const relations = await this.#inserted(inserts);
    if (relations === undefined) return undefined;
    const { columns } = table;
    if (relations.every(({ relation }) => relation.rows !== 'changes')) {
      this.outputs.push(output);
      return { sql: insertSql(relations, { columns, takesEvents: table.takesChanges === true }) };
    }
    if (table.connector.kind === 'delta') return await this.#currentOutput(output, relations);
    const updating = updatingOutput(output);
    if (updating === undefined) {
      const { position } = inserts[0] ?? table;
      this.errors.push({ ...notUpdating, position });
      return undefined;
    }
    this.outputs.push(updating);
    return { sql: insertSql(relations, { columns, hidden: 'changes', takesEvents: true }) };
  }

  /** Of a table that is kept current. */
  async #currentOutput(
    output: Output,
    relations: readonly InsertedRelation[],
  ): Promise<Omit<DataflowOutput, 'table'> | undefined> {
    const sql = insertSql(relations, { columns: output.table.columns });
    const { engine, nodes } = this.#compilation;
    const keys = await rowKeys(sql, { engine, nodes });
    const problem = currentTableProblem(output, keys);
    if (problem === undefined) {
      this.outputs.push(output);
      return { sql, keys };
    }
    const { position } = output.inserts[0] ?? output.table;
    this.errors.push({ ...problem, position });
    return undefined;
  }

  get #engine(): TreeEngine {
    return this.#compilation.engine;
  }

  async #source(source: SourceTable): Promise<void> {
    this.errors.push(...reservedNames(source));
    const relation = sourceRelation(withoutOperation(source));
    this.#put(relation);
    if (givesChanges(source)) {
      const changes = await rowChanges(source, relation, this.#compilation);
      this.#scope.set(source.name.toLowerCase(), changes);
      return;
    }
    if (recordTimeOf(source) === undefined) return;
    const text = withoutRecordTime(relation);
    const plain = { ...relation, text, reads: [relation], label: undefined };
    this.#scope.set(source.name.toLowerCase(), await this.#compilation.addSelect(plain));
  }

  async #view(name: string): Promise<void> {
    const { script } = this.#stateful;
    const view = script.views.find((one) => one.name === name);
    if (view !== undefined) {
      this.errors.push(...reservedRelation(view));
      // The name of a materialized view is that of its table among a dataflow's outputs.
      const isKept = script.sinks.some((sink) => sink.name === name);
      const relation = await this.#select(view, { label: name, name: isKept ? undefined : name });
      if (relation !== undefined) this.#scope.set(name.toLowerCase(), relation);
      return;
    }
    const table = script.memoryTables.find((one) => one.name === name);
    const inserts = script.inserts.filter((insert) => insert.target === name);
    const reserved = table === undefined ? [] : reservedNames(table);
    this.errors.push(...reserved);
    if (reserved.length > 0) return;
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
      if (relation?.rows === 'lookup')
        this.errors.push({ ...onlyLookups, position: insert.position });
      else if (relation !== undefined) relations.push({ insert, relation });
    }
    return relations.length === inserts.length ? relations : undefined;
  }

  async #select(
    { select, position }: Pick<Insert, 'select' | 'position'>,
    names: { readonly label: string | undefined; readonly name: string | undefined },
  ): Promise<Relation | undefined> {
    const query = await this.#engine.parse(select.text);
    this.#used.add(query);
    try {
      return await compileQuery(query, { ...names, scope: this.#scope }, this.#compilation);
    } catch (thrown) {
      if (thrown instanceof ReadsRefused && this.errors.length > 0) return undefined;
      const { message, hint, byteOffset } = problemOf(thrown);
      const place = byteOffset === undefined ? position : positionOfByte(select, byteOffset);
      this.errors.push({ message, hint, position: place });
      return undefined;
    }
  }

  #put(relation: Relation): void {
    this.#scope.set(relation.name.toLowerCase(), relation);
  }
}

/** What a part of a SELECT names and isn't there is DuckDB's to say. */
function problemOf(thrown: unknown): SelectProblem {
  if (thrown instanceof Refusal) return thrown.problem;
  const error = asHeliosError(thrown);
  if (error.code !== 'invalid_sql') throw thrown;
  return { message: error.message, hint: error.hint, byteOffset: undefined };
}

/** As a sink of changes; undefined where it is none. A bare SELECT's rows are printed as events. */
function updatingOutput(output: Output): Output | undefined {
  const { table, inserts, schema } = output;
  if (table.takesChanges === true) return output;
  if (inserts.some(({ target }) => target !== undefined)) return undefined;
  return { ...output, table: { ...table, takesChanges: true }, schema: eventSchema(schema) };
}

const onlyLookups = {
  message: 'This SELECT reads lookup tables alone: no event calls for its rows.',
  hint: "Join a stream with them: CREATE TABLE … WITH (connector = 'http').",
};

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
