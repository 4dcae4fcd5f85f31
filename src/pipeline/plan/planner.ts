import { asHeliosError, HeliosError, type TextPosition } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { duckdbType, quoteName } from '../../engine/types.ts';
import type { Schema } from '../../event/schema.ts';
import { checkWatermark } from '../dataflow/source/check-watermark.ts';
import { createDecoder } from '../../format/create-decoder.ts';
import { type CheckedScript, checkScript } from '../../sql/check-script.ts';
import type {
  Insert,
  MemoryTable,
  Script,
  ScriptError,
  SelectText,
  SinkTable,
  SourceTable,
} from '../../sql/script.ts';
import { type CompiledScript, compileDataflow } from '../dataflow/compile.ts';
import type { DataflowLookup } from '../dataflow/dataflow.ts';
import { copySelect } from '../lookup/copy-select.ts';
import { type LookupRelation, lookupRelations } from '../lookup/lookup-relations.ts';
import { type LookupTables, noLookupTables } from '../lookup/lookup-tables.ts';
import { hasWindows, withRecordTimes } from '../dataflow/source/record-time.ts';
import { withRowChanges } from '../dataflow/source/row-changes.ts';
import { windowMacros } from '../dataflow/window/window-shape.ts';
import { lateErrors } from '../dataflow/window/kept-late.ts';
import { insertEvents } from '../updating/change-events.ts';
import { aggregates } from './aggregates.ts';
import { outputErrors } from './check-output.ts';
import { explainedPart } from './explained.ts';
import { composeSelect, type Relation, type SqlPieces } from './compose.ts';
import { createFunctions } from './functions.ts';
import { type DescribedInsert, insertBody } from './insert-body.ts';
import { builtInNames, createMacros, type CreatedMacros } from './macros.ts';
import { emptyRecords, type Output, type Plan, sourceRelation } from './plan.ts';

export type Planned =
  | { readonly kind: 'ok'; readonly plan: Plan }
  | { readonly kind: 'errors'; readonly errors: readonly ScriptError[] };

/** A SELECT-like thing of the script, and what it reads. */
type Node = { readonly relation: Relation; readonly reads: readonly string[] };

/**
 * Checks a script against DuckDB without running it, and gives its plan. All errors at once: of the
 * text, of what streams can't do yet, and of DuckDB's binder, each with its place in the script.
 */
export async function planScript(
  text: string,
  connection: Connection,
  tables: LookupTables = noLookupTables,
): Promise<Planned> {
  const isAggregate = (name: string): boolean => aggregates.has(name);
  const serialize = async (select: string): Promise<unknown> =>
    await serialized(connection, select);
  const builtIn = async (names: readonly string[]): Promise<readonly string[]> =>
    await builtInNames(connection, names);
  const facts = { serialize, isAggregate, builtIn, tables: tables.names() };
  const checked = await checkScript(text, facts);
  if (checked.kind === 'errors') return checked;
  const functionErrors = await createFunctions(connection, checked.script.functions);
  if (functionErrors.length > 0) return { kind: 'errors', errors: functionErrors };
  const macros = await createMacros(connection, checked.script.macros);
  if (macros.errors.length > 0) return { kind: 'errors', errors: macros.errors };
  if (checked.isStateful) await connection.execute(windowMacros);
  const lookups = await lookupRelations(checked.script.lookups, tables);
  const script = explainedPart(checked.script);
  const planning = new Planning({ ...checked, script, lookups }, connection, macros);
  const plan = await planning.run();
  return plan === undefined ? { kind: 'errors', errors: planning.errors } : { kind: 'ok', plan };
}

/**
 * All errors of a script as one: the first one's message and place, and all of them in the details.
 */
export function scriptFailure(errors: readonly ScriptError[]): HeliosError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new HeliosError('invalid_sql', `${first?.message ?? 'The SQL is not valid.'}${more}`, {
    hint: first?.hint,
    position: first?.position,
    details: { errors },
  });
}

type Checked = Extract<CheckedScript, { readonly kind: 'ok' }> & {
  readonly lookups: readonly LookupRelation[];
};

class Planning {
  readonly errors: ScriptError[] = [];
  readonly #script: Script;
  /** What each SELECT reads. */
  readonly #reads: ReadonlyMap<SelectText, readonly string[]>;
  readonly #isStateful: boolean;
  readonly #lookups: readonly LookupRelation[];
  readonly #connection: Connection;
  readonly #macros: CreatedMacros;
  readonly #nodes = new Map<string, Node>();

  constructor(
    { script, reads, isStateful, lookups }: Checked,
    connection: Connection,
    macros: CreatedMacros,
  ) {
    this.#script = script;
    this.#reads = reads;
    this.#isStateful = isStateful;
    this.#lookups = lookups;
    this.#connection = connection;
    this.#macros = macros;
  }

  async run(): Promise<Plan | undefined> {
    for (const view of this.#script.views) {
      const reads = this.#reads.get(view.select) ?? [];
      this.#nodes.set(view.name, { relation: { name: view.name, body: [view.select] }, reads });
    }
    for (const { name, columns } of this.#lookups) {
      this.#nodes.set(name, { relation: { name, body: [emptyRows(columns)] }, reads: [] });
    }
    for (const table of this.#script.memoryTables) this.#declareMemoryTable(table);
    await this.#checkSourceColumns();
    await this.#fillNodes();
    if (this.errors.length > 0) return undefined;
    const outputs: Output[] = [];
    for (const sink of this.#script.sinks) {
      const output = await this.#output(sink, this.#insertsInto(sink.name));
      if (output !== undefined) outputs.push(output);
    }
    for (const [index, insert] of this.#bareSelects().entries()) {
      const output = await this.#output(printedTable(insert, index), [insert]);
      if (output !== undefined) outputs.push(output);
    }
    for (const output of outputs) this.errors.push(...outputErrors(output));
    if (!this.#isStateful) this.errors.push(...outputs.flatMap(lateErrors));
    if (this.errors.length > 0) return undefined;
    const relations = this.#inOrder([...this.#nodes.values()].map((node) => node.relation));
    const edges = this.#edges(outputs);
    const plan = { script: this.#script, relations, outputs, edges };
    return this.#isStateful ? await this.#withDataflow(plan) : plan;
  }

  async #withDataflow(plan: Plan): Promise<Plan | undefined> {
    const { script, outputs } = plan;
    const order = plan.relations.map(({ name }) => name);
    const compile = async (read: Script): Promise<CompiledScript> =>
      await compileDataflow(
        { script: read, order, outputs, lookups: this.#lookups },
        this.#connection,
      );
    const changing = withRowChanges(script);
    const first = await compile(changing);
    const timed = withRecordTimes(changing);
    const isTimed = first.kind === 'ok' && hasWindows(first.dataflow);
    const compiled = isTimed ? await compile(timed) : first;
    if (compiled.kind === 'ok') {
      const { dataflow } = compiled;
      const { lookups = [], nodes } = dataflow;
      // What each row finds by itself needs no state, whatever the SELECT looks like.
      if (nodes.every(({ kind }) => kind === 'select')) return withCopies(plan, lookups);
      return {
        lookups,
        ...plan,
        script: isTimed ? timed : changing,
        outputs: compiled.outputs,
        dataflow,
      };
    }
    this.errors.push(...compiled.errors);
    return undefined;
  }

  #bareSelects(): readonly Insert[] {
    return this.#script.inserts.filter((insert) => insert.target === undefined);
  }

  #edges(outputs: readonly Output[]): Plan['edges'] {
    const edges: [string, string][] = [];
    for (const [name, node] of this.#nodes) for (const from of node.reads) edges.push([from, name]);
    for (const { table, inserts } of outputs) {
      const reads = new Set(inserts.flatMap((insert) => this.#reads.get(insert.select) ?? []));
      // A materialized view reads the script's view of its name.
      for (const from of reads) if (from !== table.name) edges.push([from, table.name]);
    }
    return edges;
  }

  /** Generated columns and formats, which nothing else would look at before a record comes. */
  async #checkSourceColumns(): Promise<void> {
    for (const source of this.#script.sources) {
      await this.#describe(
        ['SELECT * FROM ', quoteName(source.name)],
        [source.name],
        source.position,
      );
      this.#checkFormat(source);
      this.errors.push(...(await checkWatermark(source, this.#connection)));
    }
  }

  #checkFormat(source: SourceTable): void {
    try {
      createDecoder(source);
    } catch (thrown) {
      const { message, hint } = asHeliosError(thrown);
      this.errors.push({ message, hint, position: source.position });
    }
  }

  /** Until its INSERTs are known to fit, a memory table has its columns and no rows. */
  #declareMemoryTable(table: MemoryTable): void {
    const inserts = this.#insertsInto(table.name);
    const reads = inserts.flatMap((insert) => this.#reads.get(insert.select) ?? []);
    const body = [emptyRows(table.columns)];
    this.#nodes.set(table.name, { relation: { name: table.name, body }, reads });
  }

  /**
   * Checks views and memory tables, those first that others read, and fills in the latter's rows.
   */
  async #fillNodes(): Promise<void> {
    for (const relation of this.#inOrder([...this.#nodes.values()].map((node) => node.relation))) {
      const view = this.#script.views.find(({ name }) => name === relation.name);
      const table = this.#script.memoryTables.find(({ name }) => name === relation.name);
      const reads = this.#nodes.get(relation.name)?.reads ?? [];
      if (view !== undefined) await this.#describe([view.select], reads, view.position);
      if (table === undefined) continue;
      const body = await this.#insertBody(this.#insertsInto(table.name), table.columns);
      if (body === undefined) continue;
      this.#nodes.set(table.name, { relation: { name: table.name, body }, reads });
    }
  }

  async #output(sink: SinkTable, inserts: readonly Insert[]): Promise<Output | undefined> {
    const reads = inserts.flatMap((insert) => this.#reads.get(insert.select) ?? []);
    const body = await this.#insertBody(inserts, sink.columns);
    if (body === undefined) return undefined;
    const schema = await this.#describe(body, reads, inserts[0]?.position ?? sink.position);
    if (schema === undefined) return undefined;
    const stored = sink.takesChanges === true ? insertEvents(body, schema) : { body, schema };
    const all = this.#closure(reads);
    const isSource = (name: string): boolean =>
      this.#script.sources.some((source) => source.name === name);
    return {
      table: sink,
      inserts,
      ...stored,
      reads: all.filter(isSource),
      through: all.filter((name) => !isSource(name)),
    };
  }

  #insertsInto(name: string): readonly Insert[] {
    return this.#script.inserts.filter((insert) => insert.target === name);
  }

  async #insertBody(
    inserts: readonly Insert[],
    columns: SinkTable['columns'],
  ): Promise<SqlPieces | undefined> {
    const described: DescribedInsert[] = [];
    for (const insert of inserts) {
      const reads = this.#reads.get(insert.select) ?? [];
      const schema = await this.#describe([insert.select], reads, insert.position);
      if (schema !== undefined) described.push({ insert, schema });
    }
    if (described.length < inserts.length) return undefined;
    const result = insertBody(described, columns);
    if (result.kind === 'ok') return result.body;
    this.errors.push(...result.errors);
    return undefined;
  }

  async #describe(
    body: SqlPieces,
    reads: readonly string[],
    position: TextPosition,
  ): Promise<Schema | undefined> {
    const names = this.#closure(reads);
    const sources = this.#script.sources
      .filter((source) => names.includes(source.name))
      .map((source) => sourceRelation(source, emptyRecords(source)));
    const through = [...this.#nodes.values()].map((node) => node.relation);
    const relations = this.#inOrder(through).filter((relation) => names.includes(relation.name));
    const sql = composeSelect([...sources, ...relations], '*', body);
    try {
      return await this.#connection.describe(sql.text);
    } catch (thrown) {
      const error = asHeliosError(thrown);
      this.errors.push({
        message: error.message,
        hint: error.hint,
        position: this.#macros.positionOf(error, sql.text) ?? sql.positionOf(error) ?? position,
      });
      return undefined;
    }
  }

  /** `names` and all that they read in turn. */
  #closure(names: readonly string[]): readonly string[] {
    const found = new Set<string>();
    const open = [...names];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (found.has(name)) continue;
      found.add(name);
      open.push(...(this.#nodes.get(name)?.reads ?? []));
    }
    return [...found];
  }

  /** Each relation after those it reads. */
  #inOrder(relations: readonly Relation[]): readonly Relation[] {
    const ordered: Relation[] = [];
    const visit = (relation: Relation): void => {
      if (ordered.includes(relation)) return;
      for (const name of this.#closure(this.#nodes.get(relation.name)?.reads ?? [])) {
        const before = relations.find((candidate) => candidate.name === name);
        if (before !== undefined && before !== relation) visit(before);
      }
      if (!ordered.includes(relation)) ordered.push(relation);
    };
    for (const relation of relations) visit(relation);
    return ordered;
  }
}

/** Its lookup tables are read from the pipeline's copies. */
function withCopies(plan: Plan, lookups: readonly DataflowLookup[]): Plan {
  const relations = plan.relations.map((relation) => {
    const index = lookups.findIndex(({ name }) => name === relation.name);
    return index < 0 ? relation : { ...relation, body: [copySelect(index)] };
  });
  return { ...plan, relations, lookups };
}

function emptyRows(columns: Schema): string {
  const list = columns.map(({ name, type }) => `NULL::${duckdbType(type)} AS ${quoteName(name)}`);
  return `SELECT ${list.join(', ')} WHERE false`;
}

/** A bare SELECT's rows are printed. */
function printedTable(insert: Insert, index: number): SinkTable {
  return {
    name: index === 0 ? 'result' : `result_${index + 1}`,
    position: insert.position,
    connector: { kind: 'stdout', format: 'json' },
    columns: undefined,
    timestampFormat: 'rfc3339',
  };
}

async function serialized(connection: Connection, select: string): Promise<unknown> {
  const [row] = await connection.rows('SELECT json_serialize_sql($1::VARCHAR) AS tree', [select]);
  return row?.['tree'];
}
