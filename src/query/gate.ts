import { didYouMeanHint } from '../base/did-you-mean.ts';
import { HeliosError, type TextPosition } from '../base/errors.ts';
import type { TableTime } from '../catalog/view.ts';
import type { Connection } from '../engine/engine.ts';
import { positionAtByte } from '../engine/failure.ts';
import type { Parameters } from '../engine/parameters.ts';
import { otherFunctionHint } from '../engine/other-functions.ts';
import { offsetOfCodePoint } from '../sql/positions.ts';
import { readSerializedSelect, type SerializedSelect } from '../sql/read-select.ts';
import type { Query } from '../sql/select-ast.ts';
import { type BaseTable, selectFacts, type SelectFacts } from '../sql/select-facts.ts';
import { allowedFunctions, allowedTableFunctions } from './functions.generated.ts';
import { statementEnd, withoutExplain } from './statement-text.ts';
import { withoutTimeTravel } from './time-travel.ts';
import { wordToQuote } from './word-to-quote.ts';

/** A query that may run: exactly one SELECT over tables of the catalog. */
export type GatedQuery = {
  /** The SELECT alone, at the same lines and columns as in the person's text. */
  readonly sql: string;
  readonly explain: 'no' | 'plan' | 'analyze';
  /** Names of the tables as the catalog spells them. */
  readonly tables: readonly string[];
  /** Every place where one of them is used. */
  readonly uses: readonly BaseTable[];
  readonly query: Query;
  /** Those of `tables` that are older versions: their names → what they are. */
  readonly past?: ReadonlyMap<string, PastVersion> | undefined;
};

export type PastVersion = { readonly table: string; readonly time: TableTime };

/** Longest text of a query, in UTF-8 bytes. */
const sqlBytesMax: number = 64 * 1024;

export type GateRequest = {
  readonly sql: string;
  readonly parameters: Parameters;
  /** The tables that there are. */
  readonly tableNames: readonly string[];
  /** What AT reckons from. */
  readonly nowMs: number;
};

/**
 * The first wall. Parses with DuckDB's own parser, which neither binds nor runs anything, and lets
 * pass what it knows to be harmless: one SELECT, tables of the catalog and CTEs in scope, functions
 * on the list. What runs later is the text that was looked at here, in the parentheses in which it
 * was looked at.
 */
export class Gate {
  readonly #parser: Connection;
  readonly #judged = new Map<string, JudgedText>();

  /** `parser` is any connection: it only ever parses. */
  constructor(parser: Connection) {
    this.#parser = parser;
  }

  /**
   * Throws `invalid_sql` and `not_allowed` with positions, `too_large`, and `invalid_request` for
   * parameters that don't fit the text.
   */
  async pass(request: GateRequest): Promise<GatedQuery> {
    const travel = await withoutTimeTravel(request.sql, this.#parser, request.nowMs);
    const { sql, explain, query, facts, place } = await this.#judge(travel.sql);
    checkParameters(facts, request.parameters, place);
    const past = new Map<string, PastVersion>();
    for (const { name, table, time } of travel.past) {
      past.set(name, { table: catalogTable(table, request.tableNames, place), time });
    }
    const tables = catalogTables(facts, [...request.tableNames, ...past.keys()], place);
    return { sql, explain, tables, uses: facts.tables, query, past };
  }

  /** What depends on the text alone is remembered for texts that passed. */
  async #judge(text: string): Promise<JudgedText> {
    const judged = this.#judged.get(text) ?? (await judge(this.#parser, text));
    // The newest is the last one.
    this.#judged.delete(text);
    if (text.length <= judgedCharactersMax) this.#judged.set(text, judged);
    const oldest = this.#judged.keys().next().value;
    if (this.#judged.size > judgedMax && oldest !== undefined) this.#judged.delete(oldest);
    return judged;
  }
}

/** So many texts are remembered, of those that are not too long: their trees are far larger. */
const judgedMax = 100;
const judgedCharactersMax = 4000;

/** A text that holds nothing but what is allowed, whatever tables there are. */
type JudgedText = Pick<GatedQuery, 'sql' | 'explain' | 'query'> & {
  readonly facts: SelectFacts;
  readonly place: Place;
};

async function judge(parser: Connection, whole: string): Promise<JudgedText> {
  checkText(whole);
  const { explain, text } = withoutExplain(whole);
  const sql = text.slice(0, statementEnd(text));
  const prefix = 'SELECT * FROM (\n';
  const { own, wrapped } = await parse(parser, { own: text, wrapped: `${prefix}${sql}\n)` });
  if (own.kind === 'error') throw await parseFailure(own, text, parser);
  checkStatements(own);
  const query = innerQuery(wrapped);
  const facts = selectFacts(query);
  const place = (byteOffset: number | undefined): TextPosition | undefined =>
    byteOffset === undefined ? undefined : positionAtByte(sql, byteOffset - prefix.length);
  checkNodes(facts, place);
  checkFunctions(facts, place);
  return { sql, explain, query, facts, place };
}

/** The catalog's name of a table as a query names it, but for upper and lower case. */
export function tableNameOf({ schema, name }: BaseTable): string {
  return schema === '' || schema.toLowerCase() === 'main' ? name : `${schema}.${name}`;
}

type Place = (byteOffset: number | undefined) => TextPosition | undefined;

function checkText(sql: string): void {
  const byteLength = Buffer.byteLength(sql, 'utf8');
  if (byteLength > sqlBytesMax) {
    throw new HeliosError(
      'too_large',
      `The SQL has ${byteLength} bytes; at most ${sqlBytesMax} are read.`,
      {
        hint: 'Pass long lists of values as one parameter, or put them into a table.',
      },
    );
  }
  // DuckDB's parser stops at a NUL; what comes after it would not have been looked at.
  if (sql.includes('\0') || !sql.isWellFormed()) {
    throw new HeliosError(
      'invalid_sql',
      'The SQL contains a NUL character or half of a surrogate pair.',
      {
        hint: 'Remove it, or write chr(0) for a NUL.',
      },
    );
  }
}

type ParsedSelect = Extract<SerializedSelect, { kind: 'ok' }>;

type Parsed = { readonly own: SerializedSelect; readonly wrapped: SerializedSelect };

async function parse(
  parser: Connection,
  texts: Readonly<Record<keyof Parsed, string>>,
): Promise<Parsed> {
  const select = `SELECT json_serialize_sql($own::VARCHAR) AS own,
    json_serialize_sql($wrapped::VARCHAR) AS wrapped`;
  const [row] = await parser.rowsWith(select, texts);
  return {
    own: readSerializedSelect(row?.['own']),
    wrapped: readSerializedSelect(row?.['wrapped']),
  };
}

async function parseOne(parser: Connection, sql: string): Promise<SerializedSelect> {
  const [row] = await parser.rowsWith('SELECT json_serialize_sql($1::VARCHAR) AS tree', [sql]);
  return readSerializedSelect(row?.['tree']);
}

/** The person's own text, before anything is put around it: its errors have the right places. */
function checkStatements(parsed: ParsedSelect): void {
  if (parsed.statements.length === 1) return;
  throw parsed.statements.length === 0
    ? new HeliosError('invalid_sql', 'There is no statement in the SQL.')
    : new HeliosError(
        'not_allowed',
        `A query is one SELECT; this text has ${parsed.statements.length} statements.`,
        { hint: 'Run them one at a time.' },
      );
}

async function parseFailure(
  failure: Extract<SerializedSelect, { kind: 'error' }>,
  text: string,
  parser: Connection,
): Promise<HeliosError> {
  if (failure.type !== 'parser') {
    return new HeliosError('not_allowed', 'A query is one SELECT; this is another statement.', {
      hint: 'Tables are filled by pipelines: see `helios pipeline create`.',
    });
  }
  const { codePointOffset: offset } = failure;
  const before = offset === undefined ? undefined : text.slice(0, offsetOfCodePoint(text, offset));
  const word = await wordToQuote(text, async (sql) => await parseOne(parser, sql));
  return new HeliosError('invalid_sql', failure.message, {
    hint: word === undefined ? undefined : `A column named ${word} must be quoted: "${word}".`,
    position: before === undefined ? undefined : positionAtByte(text, Buffer.byteLength(before)),
  });
}

/** What the parentheses hold, once it is sure that they are still the ones we put there. */
function innerQuery(parsed: SerializedSelect): Query {
  const outer =
    parsed.kind === 'ok' && parsed.statements.length === 1 ? parsed.statements[0] : undefined;
  const isOurs =
    outer?.kind === 'select' &&
    outer.from.kind === 'subquery' &&
    outer.ctes.length === 0 &&
    outer.modifiers.length === 0 &&
    outer.where === undefined &&
    !outer.isGrouped;
  if (!isOurs || outer.from.kind !== 'subquery') {
    throw new HeliosError('invalid_sql', 'The SQL is not one whole SELECT.', {
      hint: 'Check its quotes, comments and parentheses.',
    });
  }
  return outer.from.query;
}

function checkNodes(facts: SelectFacts, place: Place): void {
  for (const table of facts.tableRefs) {
    if (table.kind === 'show') {
      throw new HeliosError('not_allowed', 'DESCRIBE, SHOW and SUMMARIZE are not queries here.', {
        hint: 'Use `helios table list` and `helios table show NAME`.',
        position: place(table.byteOffset),
      });
    }
    if (table.kind === 'unknown') refuseNode(table.type, place(table.byteOffset));
  }
  for (const query of facts.queries) {
    if (query.kind === 'unknown') refuseNode(query.type, undefined);
  }
}

function refuseNode(type: string, position: TextPosition | undefined): never {
  throw new HeliosError('not_allowed', `Queries may not contain ${type}.`, { position });
}

function checkFunctions(facts: SelectFacts, place: Place): void {
  for (const call of facts.functions) check('function', allowedFunctions, call);
  for (const call of facts.tableFunctions) check('table function', allowedTableFunctions, call);

  function check(
    kind: string,
    allowed: ReadonlySet<string>,
    call: SelectFacts['functions'][number],
  ): void {
    const isBuiltIn = ['', 'main'].includes(call.schema) && ['', 'system'].includes(call.catalog);
    if (isBuiltIn && allowed.has(call.name.toLowerCase())) return;
    throw new HeliosError('not_allowed', `The ${kind} ${call.name}() may not be used in queries.`, {
      hint:
        otherFunctionHint(call.name) ??
        didYouMeanHint(call.name, allowed) ??
        'Queries read tables of the catalog; attach others with `helios table attach`.',
      position: place(call.byteOffset),
    });
  }
}

function checkParameters(facts: SelectFacts, given: Parameters, place: Place): void {
  const names = Array.isArray(given)
    ? given.map((_, index) => String(index + 1))
    : Object.keys(given);
  const used = new Set<string>();
  for (const { name, byteOffset } of facts.parameters) {
    used.add(name.toLowerCase());
    if (names.some((one) => one.toLowerCase() === name.toLowerCase())) continue;
    throw new HeliosError('invalid_request', `The parameter $${name} has no value.`, {
      hint: didYouMeanHint(name, Array.isArray(given) ? [] : names) ?? 'Give it one in "params".',
      position: place(byteOffset),
    });
  }
  const unused = names.find((name) => !used.has(name.toLowerCase()));
  if (unused !== undefined) {
    throw new HeliosError('invalid_request', `The SQL has no parameter $${unused}.`, {
      hint: Array.isArray(given)
        ? `It has ${used.size} of them, and "params" has ${names.length} values.`
        : didYouMeanHint(unused, used),
    });
  }
}

function catalogTables(
  facts: SelectFacts,
  tableNames: readonly string[],
  place: Place,
): readonly string[] {
  return [...new Set(facts.tables.map((table) => catalogTable(table, tableNames, place)))];
}

function catalogTable(table: BaseTable, tableNames: readonly string[], place: Place): string {
  const written = table.schema === '' ? table.name : `${table.schema}.${table.name}`;
  const isPlain =
    table.catalog === '' && ['', 'main', 'helios'].includes(table.schema.toLowerCase());
  const key = tableNameOf(table).toLowerCase();
  const name = isPlain ? tableNames.find((one) => one.toLowerCase() === key) : undefined;
  if (name !== undefined) return name;
  throw new HeliosError('invalid_sql', `There is no table "${written}".`, {
    hint: didYouMeanHint(written, tableNames) ?? '`helios table list` shows what there is.',
    position: place(table.byteOffset),
    details: { unknownTable: tableNameOf(table) },
  });
}
