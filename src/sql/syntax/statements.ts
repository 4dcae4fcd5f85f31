import { didYouMean } from '../../base/did-you-mean.ts';
import type { Span } from '../positions.ts';
import { type ColumnList, readColumnList } from './columns.ts';
import { type FunctionText, type MacroText, readMacro } from './macro.ts';
import { type OptionText, readOptions } from './options.ts';
import { readRest, startsStatement } from './statement-start.ts';
import { isWord, type Problem, SyntaxFailure, TokenReader } from './token-reader.ts';
import { type Token, tokenize } from './tokens.ts';

/** A statement as written, before its names and options mean anything. */
export type Statement =
  | {
      readonly kind: 'create_table';
      readonly name: Token;
      readonly isTemporary: Span | undefined;
      readonly isIfNotExists: boolean;
      readonly list: ColumnList | undefined;
      readonly options: readonly OptionText[] | undefined;
      readonly partitionedBy: readonly Token[] | undefined;
      readonly select: readonly Token[] | undefined;
    }
  | {
      readonly kind: 'create_view';
      readonly name: Token;
      /** Its rows are kept, in a table of their own. */
      readonly isMaterialized: boolean;
      readonly isReplacing: boolean;
      readonly isIfNotExists: boolean;
      readonly select: readonly Token[];
    }
  | {
      readonly kind: 'insert';
      readonly target: Token;
      readonly columns: readonly Token[] | undefined;
      readonly select: readonly Token[];
      readonly isExplained?: true;
    }
  | MacroText
  | FunctionText
  | {
      readonly kind: 'select';
      readonly select: readonly Token[];
      /** Behind EXPLAIN: it is planned, and nothing runs. */
      readonly isExplained?: true;
    }
  | { readonly kind: 'set'; readonly name: Token; readonly value: Token };

/**
 * Reads a script's statements. What is wrong goes to `problems`; the other statements are read
 * still.
 */
export function readStatements(script: string, problems: Problem[]): readonly Statement[] {
  const split = splitStatements(tokenize(script));
  const surplus = split[statementsMax]?.[0];
  if (surplus !== undefined) {
    const message = `A script has at most ${statementsMax} statements.`;
    problems.push({ span: surplus, message, hint: 'Split it into several pipelines.' });
  }
  return split.slice(0, statementsMax).flatMap((tokens) => readAll(tokens, problems));
}

/** More belong into several pipelines. */
const statementsMax = 1000;

function splitStatements(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const statements: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'operator' && token.text === ';') statements.push([]);
    else statements.at(-1)?.push(token);
  }
  return statements.filter((statement) => statement.length > 0);
}

/** Usually one statement; more where semicolons are missing. */
function readAll(tokens: readonly Token[], problems: Problem[]): readonly Statement[] {
  const reader = new TokenReader(tokens, problems);
  const statements: Statement[] = [];
  while (!reader.isAtEnd) {
    try {
      statements.push(readStatement(reader));
      if (!reader.isAtEnd) failAfterStatement(reader);
    } catch (thrown) {
      if (!(thrown instanceof SyntaxFailure)) throw thrown;
      problems.push(thrown.problem);
      reader.skipTo(nextStatementAt(tokens, Math.max(reader.index, 1)));
    }
  }
  return statements;
}

function failAfterStatement(reader: TokenReader): never {
  const token = reader.peek();
  if (startsStatement(reader.tokens, reader.index)) {
    return reader.fail(`A semicolon is missing before ${token?.text}.`);
  }
  return reader.failExpected('";"');
}

function nextStatementAt(tokens: readonly Token[], from: number): number {
  for (let index = from; index < tokens.length; index++) {
    if (startsStatement(tokens, index)) return index;
  }
  return tokens.length;
}

function readStatement(reader: TokenReader): Statement {
  if (reader.takeWords('create')) return readCreate(reader);
  if (reader.isWord('insert')) return readInsert(reader);
  if (reader.takeWords('set')) return readSet(reader);
  if (isSelectNext(reader)) return { kind: 'select', select: readSelect(reader) };
  if (reader.takeWords('explain')) return readExplain(reader);
  return failUnknownStatement(reader);
}

function readExplain(reader: TokenReader): Statement {
  if (reader.isWord('insert')) return { ...readInsert(reader), isExplained: true };
  if (!isSelectNext(reader)) reader.failExpected('INSERT INTO or SELECT');
  return { kind: 'select', select: readSelect(reader), isExplained: true };
}

const selectStarts = 'select with from values'.split(' ');

function isSelectNext(reader: TokenReader): boolean {
  return selectStarts.some((word) => reader.isWord(word)) || reader.isOperator('(');
}

function failUnknownStatement(reader: TokenReader): never {
  const token = reader.peek();
  const text = token?.text ?? '';
  const refusal = refusedStatements.get(text.toLowerCase());
  if (refusal !== undefined) {
    return reader.fail(`${text.toUpperCase()} is not a statement of a pipeline.`, refusal);
  }
  const near = token?.kind === 'word' ? didYouMean(text, statementWords) : undefined;
  const hint = near === undefined ? statementsHint : `Did you mean ${near}?`;
  return reader.failExpected('a statement', hint);
}

const statementWords = 'CREATE INSERT SELECT SET WITH FROM'.split(' ');
const statementsHint =
  'A pipeline is made of CREATE TABLE, CREATE VIEW, CREATE MATERIALIZED VIEW, CREATE MACRO, ' +
  'INSERT INTO … SELECT, SELECT and SET.';

const refusedStatements: ReadonlyMap<string, string> = new Map(
  Object.entries({
    delete: 'Rows of a stream are not deleted: filter them with WHERE.',
    update: 'Rows of a stream are not updated: change them in the SELECT.',
    drop: 'Leave the table out of the script instead.',
    alter: 'Change the CREATE TABLE instead.',
    copy: 'Read files with a table whose connector is filesystem or single_file.',
    describe: 'Ask `helios pipeline validate` for the schemas of a pipeline.',
    attach: 'Use a table with a connector.',
    install: 'Extensions are not available.',
    load: 'Extensions are not available.',
    pragma: 'Settings of the engine are not available.',
    use: 'There is one schema.',
    begin: 'A pipeline is exactly once without transactions.',
    commit: 'A pipeline is exactly once without transactions.',
  }),
);

function readCreate(reader: TokenReader): Statement {
  const isReplacing = reader.takeWords('or', 'replace');
  const here = reader.here();
  const isTemporary = reader.takeWords('temporary') || reader.takeWords('temp');
  if (reader.takeWords('view')) return readView(reader, { isReplacing, isMaterialized: false });
  if (reader.isWord('materialized')) {
    if (isTemporary) reader.fail('A materialized view is not temporary.', temporaryHint);
    if (isReplacing) reader.fail(replaceViewMessage, replaceViewHint);
    reader.next();
    reader.expectWord('VIEW');
    return readView(reader, { isReplacing, isMaterialized: true });
  }
  if (reader.takeWords('macro') || reader.takeWords('function')) {
    return readMacro(reader, isReplacing);
  }
  if (reader.isWord('table')) {
    if (isReplacing) reader.fail(replaceMessage, 'Write CREATE TABLE.');
    reader.next();
    return readTable(reader, isTemporary ? here : undefined);
  }
  const refusal = refusedCreates.get(reader.peek()?.text.toLowerCase() ?? '');
  if (refusal !== undefined) return reader.fail(refusal.message, refusal.hint);
  const near = didYouMean(reader.peek()?.text ?? '', ['TABLE', 'VIEW', 'MACRO', 'FUNCTION']);
  const hint = near === undefined ? near : `Did you mean ${near}?`;
  return reader.failExpected('TABLE, VIEW, MACRO or FUNCTION', hint);
}

const replaceMessage = 'CREATE OR REPLACE is for views and macros.';
const replaceViewMessage = 'A materialized view is not replaced by another one.';
const replaceViewHint =
  'Write CREATE MATERIALIZED VIEW: an edit of its pipeline changes what it selects.';
const temporaryHint = 'Leave TEMPORARY out, or write CREATE VIEW: its rows are not kept.';

const refusedCreates: ReadonlyMap<string, { readonly message: string; readonly hint: string }> =
  new Map(
    Object.entries({
      index: { message: 'CREATE INDEX is not available.', hint: 'Leave it out.' },
    }),
  );

type ViewWords = { readonly isReplacing: boolean; readonly isMaterialized: boolean };

function readView(reader: TokenReader, { isReplacing, isMaterialized }: ViewWords): Statement {
  const isIfNotExists = reader.takeWords('if', 'not', 'exists');
  const name = reader.expectName('the name of the view');
  if (reader.isOperator('(')) {
    reader.fail('A view takes no list of columns.', 'Name the columns in the SELECT, with AS.');
  }
  if (reader.isOperator('.')) reader.fail('Views have no schema.', 'Leave the dot out.');
  if (reader.isWord('with')) {
    const hint = isMaterialized ? optionsHint : 'Leave WITH (…) out.';
    reader.fail(`A ${isMaterialized ? 'materialized ' : ''}view takes no options.`, hint);
  }
  reader.expectWord('AS');
  const select = readSelect(reader);
  return { kind: 'create_view', name, isMaterialized, isReplacing, isIfNotExists, select };
}

const optionsHint =
  'For a path and options of its own, write CREATE TABLE … WITH (…) AS SELECT, ' +
  "with connector = 'delta'.";

function readTable(reader: TokenReader, isTemporary: Span | undefined): Statement {
  const isIfNotExists = reader.takeWords('if', 'not', 'exists');
  const name = reader.expectName('the name of the table');
  if (reader.isOperator('.')) reader.fail('Table names have no schema.', 'Leave the dot out.');
  const list = reader.isOperator('(') ? readColumnList(reader) : undefined;
  const options = reader.takeWords('with') ? readOptions(reader) : undefined;
  const partitionedBy = reader.takeWords('partitioned', 'by') ? readNames(reader) : undefined;
  const select = reader.takeWords('as') ? readSelect(reader) : undefined;
  const table = { name, isTemporary, isIfNotExists, list, options, partitionedBy, select };
  if (list === undefined && options === undefined && select === undefined) {
    reader.failExpected('a list of columns, WITH (…) or AS SELECT');
  }
  return { kind: 'create_table', ...table };
}

/** `( a, b )`. */
function readNames(reader: TokenReader): readonly Token[] {
  reader.expectOperator('(');
  const names: Token[] = [];
  while (!reader.takeOperator(')')) {
    const name = reader.item(() => {
      const token = reader.expectName('the name of a column');
      if (reader.isOperator('(')) reader.fail(transformMessage, transformHint);
      return token;
    });
    if (name !== undefined) names.push(name);
    if (reader.isAtEnd) reader.fail('The list of columns is never closed: ) is missing.');
    reader.takeOperator(',');
  }
  return names;
}

const transformMessage = 'Only columns can be named here, not functions of them.';
const transformHint =
  'Partition by a column that the SELECT computes, or use partitioning.time_pattern.';

function readInsert(reader: TokenReader): Extract<Statement, { readonly kind: 'insert' }> {
  reader.takeWords('insert');
  reader.expectWord('INTO');
  const target = reader.expectName('the name of a table');
  if (reader.isOperator('.')) reader.fail('Table names have no schema.', 'Leave the dot out.');
  const isList =
    reader.isOperator('(') && !selectStarts.some((word) => isWord(reader.peek(1), word));
  const columns = isList ? readNames(reader) : undefined;
  if (!isSelectNext(reader)) reader.failExpected('SELECT');
  return { kind: 'insert', target, columns, select: readSelect(reader) };
}

function readSet(reader: TokenReader): Statement {
  const name = reader.expectName('the name of a setting');
  if (!reader.takeOperator('=')) reader.expectWord('TO');
  reader.takeWords('interval');
  const value = reader.next();
  return { kind: 'set', name, value };
}

/** The rest of the statement, for DuckDB to parse. */
function readSelect(reader: TokenReader): readonly Token[] {
  if (!isSelectNext(reader)) reader.failExpected('SELECT');
  return readRest(reader);
}
