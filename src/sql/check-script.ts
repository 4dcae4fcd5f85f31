import { analyseSelect } from './analyse-select.ts';
import { checkReads, type Reads } from './check-reads.ts';
import { checkMacros, type ParsedExpression } from './functions/check-macros.ts';
import { offsetOfCodePoint } from './positions.ts';
import { draftScript } from './parse-script.ts';
import { readSerializedSelect } from './read-select.ts';
import { lookupCheckMsDefault } from './lookup/read-lookup.ts';
import type {
  Insert,
  LookupTable,
  Script,
  ScriptError,
  SelectText,
  SourceColumn,
} from './script.ts';
import type { Query } from './select-ast.ts';
import { positionOfByte } from './select-text.ts';
import type { IsAggregate, SelectProblem } from './stateless.ts';
import { otherDialect } from './windows/other-dialects.ts';
import { withWindowFields } from './windows/window-fields.ts';

/** Gives `json_serialize_sql` of a text, parsed or as text. DuckDB's own parser; nothing runs. */
export type Serialize = (select: string) => Promise<unknown>;

/** What only the engine knows. */
export type EngineFacts = {
  readonly serialize: Serialize;
  readonly isAggregate: IsAggregate;
  /** Of these names in lower case, those that functions of the engine or words of its SQL have. */
  readonly builtIn: (names: readonly string[]) => Promise<readonly string[]>;
  /** Tables that are no script's, and can be joined by their names. */
  readonly tables: readonly string[];
};

export type CheckedScript =
  | {
      readonly kind: 'ok';
      readonly script: Script;
      /** What each SELECT of the script's views and INSERTs reads, in the script's spelling. */
      readonly reads: ReadonlyMap<SelectText, readonly string[]>;
      /** Some SELECT's rows depend on more than one record. */
      readonly isStateful: boolean;
    }
  | { readonly kind: 'errors'; readonly errors: readonly ScriptError[] };

/**
 * Reads a script and checks all of it, its SELECTs and expressions too: DuckDB's grammar, names of
 * tables, and whether they can run on a stream. All errors at once, in the order of the text. What
 * columns there are is not looked at: the engine says that when it binds the SELECTs.
 */
export async function checkScript(text: string, engine: EngineFacts): Promise<CheckedScript> {
  const { script: draft, errors: scriptErrors, declared } = draftScript(text);
  const errors = [...scriptErrors];
  const reads: Reads = new Map();
  const texts = new Map<SelectText, SelectText>();
  let isStateful = false;
  const readable = [...declared, ...notDeclared(engine.tables, declared)];
  for (const { select } of [...draft.views, ...draft.inserts]) {
    const query = await parse(select, engine.serialize, errors);
    if (query === undefined) continue;
    const analysis = analyseSelect(query, { ...engine, readable });
    const written = withWindowFields(select, query, engine.isAggregate);
    const problems = [...analysis.problems, ...written.problems];
    errors.push(...problems.map((problem) => errorAt(select, problem, 0)));
    isStateful ||= analysis.stateful.length > 0;
    texts.set(select, written.select);
    reads.set(written.select, analysis.reads);
  }
  const named = withTexts(draft, texts);
  const script = { ...named, lookups: lookupsOf(named, reads, declared) };
  const names = new Set(script.lookups.map(({ name }) => name));
  isStateful ||= [...reads.values()].flat().some((name) => names.has(name));
  for (const expression of expressionsOf(script)) {
    errors.push(...((await parseExpression(expression, engine, errors))?.problems ?? []));
  }
  const tools = {
    ...engine,
    parse: async (expression: SelectText) => await parseExpression(expression, engine, errors),
  };
  const macros = await checkMacros(script, tools, errors);
  errors.push(...checkReads(script, reads));
  return errors.length === 0
    ? { kind: 'ok', script: { ...script, macros }, reads, isStateful }
    : { kind: 'errors', errors: inOrder(errors) };
}

/** With these texts in place of its SELECTs'. */
function withTexts(script: Script, texts: ReadonlyMap<SelectText, SelectText>): Script {
  const renewed = new Map(
    script.inserts.map((insert) => {
      return [insert, { ...insert, select: texts.get(insert.select) ?? insert.select }];
    }),
  );
  const inserts = (list: readonly Insert[]): readonly Insert[] =>
    list.map((insert) => renewed.get(insert) ?? insert);
  const views = script.views.map((view) => ({
    ...view,
    select: texts.get(view.select) ?? view.select,
  }));
  return {
    ...script,
    views,
    inserts: inserts(script.inserts),
    explained: inserts(script.explained),
  };
}

function notDeclared(names: readonly string[], declared: readonly string[]): readonly string[] {
  const own = new Set(declared.map((name) => name.toLowerCase()));
  return names.filter((name) => !own.has(name.toLowerCase()));
}

/** Those that are declared, and each that is only read. */
function lookupsOf(
  { lookups, views, inserts }: Script,
  reads: Reads,
  declared: readonly string[],
): readonly LookupTable[] {
  const found = [...lookups];
  for (const { select, position } of [...views, ...inserts]) {
    for (const name of notDeclared(reads.get(select) ?? [], declared)) {
      if (found.some((one) => one.name === name)) continue;
      const known = { place: undefined, columns: undefined, checkMs: lookupCheckMsDefault };
      found.push({ name, position, ...known });
    }
  }
  return found;
}

function inOrder(errors: readonly ScriptError[]): readonly ScriptError[] {
  return errors.toSorted(
    (left, right) =>
      left.position.line - right.position.line || left.position.column - right.position.column,
  );
}

async function parse(
  select: SelectText,
  serialize: Serialize,
  errors: ScriptError[],
): Promise<Query | undefined> {
  const serialized = readSerializedSelect(await serialize(select.text));
  if (serialized.kind === 'error') {
    const offset = offsetOfCodePoint(select.text, serialized.codePointOffset ?? 0);
    errors.push(syntaxError(select, serialized.message, offset));
    return undefined;
  }
  const [query, second] = serialized.statements;
  if (query !== undefined && second === undefined) return query;
  errors.push(syntaxError(select, 'Expected one SELECT.', 0));
  return undefined;
}

function syntaxError(select: SelectText, message: string, offset: number): ScriptError {
  const other = otherDialect(select.text, offset);
  if (other !== undefined) {
    return { message: other.message, hint: other.hint, position: select.positionAt(other.offset) };
  }
  const word = /at or near "(\w+)"/.exec(message)?.[1]?.toLowerCase();
  const hint =
    word !== undefined && !clauseWords.has(word)
      ? 'If it is a name, put it in double quotes.'
      : undefined;
  const sentence = message.charAt(0).toUpperCase() + message.slice(1).replace(/\.?$/, '.');
  const text = message.includes('Only SELECT') ? 'Only a SELECT can stand here.' : sentence;
  return { message: text, hint, position: select.positionAt(offset) };
}

/** Words that stand at a wrong place rather than for a name. */
const clauseWords: ReadonlySet<string> = new Set(
  'select from where group order having limit union join as on and or with by case then'.split(' '),
);

/** `shift`: bytes that the analysed text has in front of the SELECT's own. */
function errorAt(select: SelectText, problem: SelectProblem, shift: number): ScriptError {
  const { message, hint, byteOffset } = problem;
  const own = byteOffset === undefined ? 0 : Math.max(0, byteOffset - shift);
  return { message, hint, position: positionOfByte(select, own) };
}

/** Generated columns and watermarks. */
function expressionsOf(script: Script): readonly SelectText[] {
  return script.sources.flatMap(({ columns, watermark }) => [
    ...columns.flatMap(generatedExpression),
    ...(watermark?.expression === undefined ? [] : [watermark.expression]),
  ]);
}

function generatedExpression({ origin }: SourceColumn): readonly SelectText[] {
  return origin.kind === 'generated' ? [origin.expression] : [];
}

const before = 'SELECT (';
const after = '\n) FROM t';

/**
 * An expression over one row of its own table, read as the only column of a SELECT. Undefined where
 * it isn't one: that is among the errors then.
 */
async function parseExpression(
  expression: SelectText,
  { serialize, isAggregate }: EngineFacts,
  errors: ScriptError[],
): Promise<ParsedExpression | undefined> {
  const serialized = readSerializedSelect(await serialize(before + expression.text + after));
  if (serialized.kind === 'error') {
    const point = Math.max(0, (serialized.codePointOffset ?? 0) - before.length);
    const offset = offsetOfCodePoint(expression.text, point);
    errors.push(syntaxError(expression, serialized.message, offset));
    return undefined;
  }
  const [query] = serialized.statements;
  const isOne =
    query?.kind === 'select' && query.projections.length === 1 && query.from.kind === 'base_table';
  if (!isOne || serialized.statements.length !== 1) {
    errors.push(syntaxError(expression, 'Expected one expression.', 0));
    return undefined;
  }
  const shift = before.length;
  const { problems, stateful } = analyseSelect(query, { isAggregate, readable: ['t'] });
  return {
    query,
    shift,
    problems: [...problems, ...stateful].map((one) => errorAt(expression, one, shift)),
  };
}
