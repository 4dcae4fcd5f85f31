import { asHeliosError, HeliosError, type TextPosition } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import type { Schema } from '../../event/schema.ts';
import { analyseSelect, type SelectFindings } from '../../sql/analyse-select.ts';
import { parseScript } from '../../sql/parse-script.ts';
import type { Script, ScriptError, SelectText, SinkTable } from '../../sql/script.ts';
import { composeSelect, type Relation, type SqlPieces } from './compose.ts';
import { insertBody } from './insert-body.ts';
import { emptyRecords, type Output, type Plan, sourceRelation } from './plan.ts';

export type Planned =
  | { readonly kind: 'ok'; readonly plan: Plan }
  | { readonly kind: 'errors'; readonly errors: readonly ScriptError[] };

/** A SELECT-like thing of the script, and what it reads. */
type Node = { readonly relation: Relation; readonly reads: readonly string[] };

/**
 * Checks a script against DuckDB without running it, and gives its plan. All errors at once: of the text,
 * of what streams can't do yet, and of DuckDB's binder, each with its place in the script.
 */
export async function planScript(text: string, connection: Connection): Promise<Planned> {
  const parsed = parseScript(text);
  if (parsed.kind === 'errors') return parsed;
  const planning = new Planning(parsed.script, connection);
  const plan = await planning.run();
  return plan === undefined ? { kind: 'errors', errors: planning.errors } : { kind: 'ok', plan };
}

/** All errors of a script as one: the first one's message and place, and all of them in the details. */
export function scriptFailure(errors: readonly ScriptError[]): HeliosError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new HeliosError('invalid_sql', `${first?.message ?? 'The SQL is not valid.'}${more}`, {
    hint: first?.hint,
    position: first?.position,
    details: { errors },
  });
}

class Planning {
  readonly errors: ScriptError[] = [];
  readonly #script: Script;
  readonly #connection: Connection;
  readonly #nodes = new Map<string, Node>();

  constructor(script: Script, connection: Connection) {
    this.#script = script;
    this.#connection = connection;
  }

  async run(): Promise<Plan | undefined> {
    for (const view of this.#script.views) {
      const reads = await this.#analyse(view.select);
      this.#nodes.set(view.name, { relation: { name: view.name, body: [view.select] }, reads });
    }
    if (this.errors.length > 0) return undefined;
    await this.#describeViews();
    for (const table of this.#script.memoryTables) await this.#addMemoryTable(table.name);
    const outputs: Output[] = [];
    for (const sink of this.#script.sinks) {
      const output = await this.#output(sink);
      if (output !== undefined) outputs.push(output);
    }
    if (this.errors.length > 0) return undefined;
    const relations = [...this.#nodes.values()].map((node) => node.relation);
    return { script: this.#script, relations: this.#inOrder(relations), outputs };
  }

  async #output(sink: SinkTable): Promise<Output | undefined> {
    const inserts = this.#script.inserts.filter((insert) => insert.target === sink.name);
    const reads = new Set<string>();
    for (const insert of inserts) {
      for (const name of await this.#analyse(insert.select)) reads.add(name);
    }
    if (this.errors.length > 0) return undefined;
    const body = await this.#insertBody(inserts, sink.columns);
    if (body === undefined) return undefined;
    const first = inserts[0];
    const schema = await this.#describe(body, [...reads], first?.position ?? sink.position);
    if (schema === undefined) return undefined;
    const all = this.#closure([...reads]);
    const isSource = (name: string): boolean =>
      this.#script.sources.some((source) => source.name === name);
    return {
      table: sink,
      body,
      schema,
      reads: all.filter(isSource),
      through: all.filter((name) => !isSource(name)),
    };
  }

  async #addMemoryTable(name: string): Promise<void> {
    const table = this.#script.memoryTables.find((candidate) => candidate.name === name);
    const inserts = this.#script.inserts.filter((insert) => insert.target === name);
    const reads = new Set<string>();
    for (const insert of inserts) {
      for (const read of await this.#analyse(insert.select)) reads.add(read);
    }
    if (table === undefined || this.errors.length > 0) return;
    const columns = table.columns.map((column) => ({ ...column }));
    const body = await this.#insertBody(inserts, columns);
    if (body === undefined) return;
    this.#nodes.set(name, { relation: { name, body }, reads: [...reads] });
  }

  async #insertBody(
    inserts: Script['inserts'],
    columns: SinkTable['columns'],
  ): Promise<SqlPieces | undefined> {
    const described: { insert: Script['inserts'][number]; schema: Schema }[] = [];
    for (const insert of inserts) {
      const reads = await this.#analyse(insert.select);
      const schema = await this.#describe([insert.select], reads, insert.position);
      if (schema === undefined) return undefined;
      described.push({ insert, schema });
    }
    const result = insertBody(described, columns);
    if (result.kind === 'ok') return result.body;
    this.errors.push(...result.errors);
    return undefined;
  }

  /** Views one by one, so that each one's errors are found though another's are there too. */
  async #describeViews(): Promise<void> {
    for (const view of this.#script.views) {
      const reads = this.#nodes.get(view.name)?.reads ?? [];
      await this.#describe([view.select], reads, view.position);
    }
  }

  /** Names that the SELECT reads; its errors are noted. */
  async #analyse(select: SelectText): Promise<readonly string[]> {
    const known = [
      ...this.#script.sources.map((source) => source.name),
      ...this.#script.views.map((view) => view.name),
      ...this.#script.memoryTables.map((table) => table.name),
    ];
    const findings: SelectFindings = await analyseSelect(select, {
      serialize: (text) => this.#serialize(text),
      tableNames: known,
      isAggregate: await aggregateNames(this.#connection),
    });
    for (const error of findings.errors) {
      if (!this.errors.some((known) => isSameError(known, error))) this.errors.push(error);
    }
    return findings.reads;
  }

  async #serialize(text: string): Promise<unknown> {
    const [row] = await this.#connection.rows('SELECT json_serialize_sql($1) AS tree', [text]);
    return JSON.parse(String(row?.['tree']));
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
        position: sql.positionOf(error) ?? position,
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

function isSameError(left: ScriptError, right: ScriptError): boolean {
  return (
    left.message === right.message &&
    left.position.line === right.position.line &&
    left.position.column === right.position.column
  );
}

/** Which names are aggregates, as this DuckDB says. */
async function aggregateNames(connection: Connection): Promise<(name: string) => boolean> {
  const rows = await connection.rows(
    "SELECT DISTINCT function_name AS name FROM duckdb_functions() WHERE function_type = 'aggregate'",
  );
  const names = new Set(rows.map((row) => String(row['name']).toLowerCase()));
  return (name) => names.has(name.toLowerCase());
}
