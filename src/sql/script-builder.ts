import { didYouMean } from '../base/did-you-mean.ts';
import { durationMsOf } from './connector/quantities.ts';
import { sinkConnectors, sourceConnectors } from './connector/availability.ts';
import { OptionReader } from './connector/option-reader.ts';
import { viewTable } from './connector/folder/view.ts';
import { readSink } from './connector/sinks.ts';
import { readLookup } from './lookup/read-lookup.ts';
import { plainColumns } from './connector/source-columns.ts';
import { readSource } from './connector/sources.ts';
import { TableText } from './connector/table-text.ts';
import { callablesOf } from './functions/macros.ts';
import type { LineIndex } from './positions.ts';
import type {
  Insert,
  LookupTable,
  MemoryTable,
  Script,
  Setting,
  SinkTable,
  SourceTable,
  View,
} from './script.ts';
import { selectText } from './select-text.ts';
import type { Statement } from './syntax/statements.ts';
import type { Problem } from './syntax/token-reader.ts';
import type { Token } from './syntax/tokens.ts';

type Context = {
  readonly script: string;
  readonly lines: LineIndex;
  readonly problems: Problem[];
};

type CreateTable = Extract<Statement, { readonly kind: 'create_table' }>;
type CreateView = Extract<Statement, { readonly kind: 'create_view' }>;
type InsertInto = Extract<Statement, { readonly kind: 'insert' }>;
type SetTo = Extract<Statement, { readonly kind: 'set' }>;

/**
 * Gives statements their meaning: which tables are sources and sinks, and which names are whose.
 */
export class ScriptBuilder {
  readonly #context: Context;
  /** Names in lower case → the statement that made them. */
  readonly #names = new Map<string, CreateTable | CreateView>();
  readonly #sources: SourceTable[] = [];
  readonly #memoryTables: MemoryTable[] = [];
  readonly #lookups: LookupTable[] = [];
  readonly #views = new Map<string, View>();
  readonly #sinks: SinkTable[] = [];
  readonly #inserts: Insert[] = [];
  readonly #explained: Insert[] = [];
  readonly #settings: Setting[] = [];
  /** Names in lower case that an INSERT names. */
  #targets: ReadonlySet<string> = new Set();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Names of all tables and views, wrong ones too. */
  get declared(): readonly string[] {
    return [...this.#names.values()].map((statement) => statement.name.value);
  }

  build(statements: readonly Statement[]): Script {
    this.#targets = new Set(
      statements.flatMap((one) => (one.kind === 'insert' ? [keyOf(one.target)] : [])),
    );
    for (const statement of statements) this.#declare(statement);
    for (const statement of statements) {
      const first = this.#inserts.length;
      this.#use(statement);
      if ('isExplained' in statement) this.#explained.push(...this.#inserts.slice(first));
    }
    this.#checkWholeScript(statements);
    return {
      sources: this.#sources,
      memoryTables: this.#memoryTables,
      lookups: this.#lookups,
      views: [...this.#views.values()],
      ...callablesOf(statements, this.#context),
      sinks: this.#sinks,
      inserts: this.#inserts,
      explained: this.#explained,
      settings: this.#settings,
    };
  }

  #declare(statement: Statement): void {
    if (statement.kind === 'create_view') this.#addView(statement);
    if (statement.kind === 'create_table') this.#addTable(statement);
  }

  #use(statement: Statement): void {
    if (statement.kind === 'insert') this.#addInsert(statement);
    if (statement.kind === 'set') this.#addSetting(statement);
    if (statement.kind === 'create_table' && statement.select !== undefined) {
      this.#addInsertOfTable(statement, statement.select);
    }
    if (statement.kind === 'select') {
      const start = statement.select[0];
      if (start !== undefined) this.#insert(undefined, undefined, start, statement.select);
    }
  }

  #addView(statement: CreateView): void {
    if (!this.#claim(statement)) return;
    const view = this.#putView(statement.name, statement.select);
    if (!statement.isMaterialized) return;
    const { name, position } = view;
    const text = `SELECT * FROM "${name.replaceAll('"', '""')}"`;
    this.#sinks.push(viewTable(view));
    const select = { text, positionAt: () => position };
    this.#inserts.push({ target: name, targetColumns: undefined, position, select });
  }

  #putView(name: Token, select: readonly Token[]): View {
    const view = {
      name: name.value,
      position: this.#context.lines.positionOf(name),
      select: selectText({ ...this.#context, tokens: select }),
    };
    this.#views.set(keyOf(name), view);
    return view;
  }

  #addTable(statement: CreateTable): void {
    if (!this.#claim(statement)) return;
    const table = this.#tableText(statement);
    if (table === undefined) return;
    if (statement.isTemporary !== undefined) this.#addTemporary(statement, table);
    else if (table.connector === 'memory') this.#addMemoryTable(statement, table);
    else this.#addConnected(statement, table);
  }

  /** Undefined when the connector is missing. */
  #tableText(statement: CreateTable): TableText | undefined {
    const { name, options: texts, list, partitionedBy } = statement;
    const { problems } = this.#context;
    const options = new OptionReader(texts ?? [], name, problems);
    const example = "'http'";
    const connector =
      texts === undefined ? 'memory' : options.required(['connector'], example)?.toLowerCase();
    if (connector === undefined) return undefined;
    const isBroken = problems.some(({ span }) => span.start > name.start);
    return new TableText({
      ...this.#context,
      name,
      connector,
      list,
      partitionedBy,
      options,
      isBroken,
    });
  }

  #addMemoryTable(statement: CreateTable, table: TableText): void {
    const { name, list, select } = statement;
    table.options.choice(['type'], { memory: 'memory' });
    table.options.finish('memory');
    if (select !== undefined) {
      if (list !== undefined) {
        const message = 'A table made by AS SELECT takes no list of columns.';
        this.#report(name, message, 'Name and cast the columns in the SELECT.');
      }
      this.#putView(name, select);
      return;
    }
    const columns = plainColumns(table);
    if (columns.length === 0 && !table.isBroken) {
      this.#report(name, `The table "${name.value}" declares no columns.`, memoryHint);
    }
    const position = this.#context.lines.positionOf(name);
    this.#memoryTables.push({ name: name.value, position, columns });
  }

  /** Arroyo's spelling of a lookup table. */
  #addTemporary(statement: CreateTable, table: TableText): void {
    const span = statement.isTemporary ?? statement.name;
    if (table.connector === 'memory') {
      const message = 'A temporary table is a lookup table, which says where its rows are.';
      this.#report(span, message, "Add WITH (connector = 'delta', path = '…'), or leave it out.");
      return;
    }
    table.options.choice(['type'], { lookup: 'lookup' });
    this.#addLookup(statement, table);
  }

  #addLookup(statement: CreateTable, table: TableText): void {
    const isTarget = this.#targets.has(keyOf(statement.name)) || statement.select !== undefined;
    if (isTarget) {
      const message = `The lookup table "${statement.name.value}" is also written to.`;
      this.#report(statement.name, message, bothHint);
      return;
    }
    const lookup = readLookup(table);
    if (lookup !== undefined) this.#lookups.push(lookup);
  }

  #addConnected(statement: CreateTable, table: TableText): void {
    const role = this.#roleOf(statement, table);
    if (role === undefined) return;
    if (role === 'lookup') return this.#addLookup(statement, table);
    if (role === 'source') {
      if (statement.partitionedBy !== undefined) {
        const span = statement.partitionedBy[0] ?? statement.name;
        this.#report(span, 'A source is not partitioned.', 'Leave PARTITIONED BY out.');
      }
      const source = readSource(table);
      if (source !== undefined) this.#sources.push(source);
      return;
    }
    const sink = readSink(table);
    if (sink !== undefined) this.#sinks.push(sink);
  }

  /**
   * What `type` says, or else what the script does with the table, or else what its connector can
   * do.
   */
  #roleOf(statement: CreateTable, table: TableText): 'source' | 'sink' | 'lookup' | undefined {
    const { options, connector } = table;
    const roles = { source: 'source', sink: 'sink', lookup: 'lookup' } as const;
    const isGiven = options.has('type');
    const given = options.choice<'source' | 'sink' | 'lookup'>(['type'], roles);
    if (isGiven && given === undefined) return undefined;
    if (given === 'lookup') return 'lookup';
    const isTarget = this.#targets.has(keyOf(statement.name)) || statement.select !== undefined;
    if (given === 'source' && isTarget) {
      const message = `The source "${statement.name.value}" is also written to.`;
      options.report(options.spanOf('type'), message, bothHint);
    }
    if (given !== undefined) return given;
    if (isTarget) return 'sink';
    const isSinkOnly = sinkConnectors.includes(connector) && !sourceConnectors.includes(connector);
    return isSinkOnly ? 'sink' : 'source';
  }

  /** Takes a table's name, unless it is taken or can't be one: that is reported. */
  #claim(statement: CreateTable | CreateView): boolean {
    const { name } = statement;
    const problem = nameProblem(name.value);
    if (problem !== undefined) this.#report(name, problem.message, problem.hint);
    const before = this.#names.get(keyOf(name));
    const isReplacing = statement.kind === 'create_view' && statement.isReplacing;
    const isReplaceable = before?.kind === 'create_view' && !before.isMaterialized;
    if (before === undefined || (isReplacing && isReplaceable)) {
      this.#names.set(keyOf(name), statement);
      return true;
    }
    if (statement.isIfNotExists) return false;
    const { line } = this.#context.lines.positionOf(before.name);
    const message = `The name "${name.value}" is taken: line ${line} declares it.`;
    this.#report(name, message, 'Names are compared without regard to case: choose another.');
    return false;
  }

  #addInsert(statement: InsertInto): void {
    const { target, columns, select } = statement;
    const declared = this.#names.get(keyOf(target));
    if (declared === undefined) {
      this.#reportUnknownTarget(target);
      return;
    }
    if (declared.kind === 'create_view') {
      const kind = declared.isMaterialized ? 'materialized view' : 'view';
      const message = `"${target.value}" is a ${kind}: it can't be written to.`;
      this.#report(target, message, declared.isMaterialized ? unionHint : 'INSERT INTO a table.');
      return;
    }
    if (declared.select !== undefined && declared.options === undefined) {
      const message = `"${target.value}" is made by AS SELECT: it can't be written to.`;
      this.#report(target, message, unionHint);
      return;
    }
    this.#checkInsertColumns(declared, columns ?? []);
    const names = columns?.map((column) => column.value);
    this.#insert(declared.name.value, names, target, select);
  }

  #addInsertOfTable(statement: CreateTable, select: readonly Token[]): void {
    const isSink = this.#sinks.some((sink) => sink.name === statement.name.value);
    if (isSink) this.#insert(statement.name.value, undefined, statement.name, select);
  }

  #insert(
    target: string | undefined,
    targetColumns: readonly string[] | undefined,
    place: Token,
    select: readonly Token[],
  ): void {
    const position = this.#context.lines.positionOf(place);
    const text = selectText({ ...this.#context, tokens: select });
    this.#inserts.push({ target, targetColumns, position, select: text });
  }

  #checkInsertColumns(table: CreateTable, columns: readonly Token[]): void {
    columns.forEach((column, index) => {
      const key = keyOf(column);
      if (columns.some((other, at) => at < index && keyOf(other) === key)) {
        this.#report(column, `The column "${column.value}" is named twice.`);
      }
      const declared = table.list?.columns.map(({ name }) => name.value);
      if (declared === undefined || declared.some((name) => name.toLowerCase() === key)) return;
      const near = didYouMean(column.value, declared);
      const hint = near === undefined ? `There are: ${declared.join(', ')}.` : didYou(near);
      const message = `The table "${table.name.value}" has no column "${column.value}".`;
      this.#report(column, message, hint);
    });
  }

  #reportUnknownTarget(target: Token): void {
    const declared = [...this.#names.values()];
    const tables = declared.filter((one) => one.kind === 'create_table');
    const near = didYouMean(
      target.value,
      tables.map((one) => one.name.value),
    );
    const message = `The script declares no table "${target.value}".`;
    const hint = `Declare it: CREATE TABLE ${target.value} WITH (connector = 'delta', path = '…').`;
    this.#report(target, message, near === undefined ? hint : didYou(near));
  }

  #addSetting({ name, value }: SetTo): void {
    if (keyOf(name) !== 'updating_ttl') {
      const hint = 'The only setting of a pipeline is updating_ttl.';
      this.#report(name, `There is no setting "${name.value}".`, hint);
      return;
    }
    const ms = durationMsOf(value.value);
    if (ms === undefined || ms <= 0) {
      const hint = "Write SET updating_ttl = interval '1 hour'.";
      this.#report(value, `"${value.value}" is not a duration above zero.`, hint);
      return;
    }
    const position = this.#context.lines.positionOf(name);
    this.#settings.push({ name: 'updating_ttl', value: value.value, position });
  }

  #checkWholeScript(statements: readonly Statement[]): void {
    const writes = statements.some(
      (one) =>
        one.kind === 'insert' ||
        one.kind === 'select' ||
        (one.kind === 'create_view' && one.isMaterialized) ||
        (one.kind === 'create_table' && one.select !== undefined && one.options !== undefined),
    );
    if (writes || this.#context.problems.length > 0) return;
    const hint = 'Add INSERT INTO … SELECT …, or a bare SELECT to look at the rows.';
    this.#report({ start: 0, end: 0 }, 'The script has nothing to run.', hint);
  }

  #report(
    span: { readonly start: number; readonly end: number },
    message: string,
    hint?: string,
  ): void {
    this.#context.problems.push({ span, message, hint });
  }
}

const unionHint = 'Put both SELECTs into it, with UNION ALL between them.';
const bothHint = "Write another table, such as one with connector = 'delta'.";
const memoryHint = "Add them after the name, or say where its rows are: WITH (connector = 'http').";

/** Names that Helios's own tables have. */
const reservedNames: ReadonlySet<string> = new Set(['quarantine', 'helios']);

/** A table's name becomes a folder and a name in queries. */
function nameProblem(
  name: string,
): { readonly message: string; readonly hint: string } | undefined {
  if (reservedNames.has(name.toLowerCase())) {
    const message = `The name "${name}" belongs to Helios.`;
    return { message, hint: 'Choose another.' };
  }
  if (name.length > nameLengthMax) {
    const message = `The name of a table is longer than ${nameLengthMax} characters.`;
    return { message, hint: 'Choose a shorter one.' };
  }
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return undefined;
  const message = `"${name}" can't be the name of a table.`;
  return { message, hint: 'Use letters, digits and "_"; begin with a letter or "_".' };
}

const nameLengthMax = 128;

function keyOf(token: Token): string {
  return token.value.toLowerCase();
}

function didYou(name: string): string {
  return `Did you mean "${name}"?`;
}
