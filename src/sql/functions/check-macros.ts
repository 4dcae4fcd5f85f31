import type { Macro, Script, ScriptError, SelectText } from '../script.ts';
import type { Query } from '../select-ast.ts';
import { type FunctionCall, selectFacts } from '../select-facts.ts';
import { positionOfByte } from '../select-text.ts';
import type { IsAggregate } from '../stateless.ts';

/** How expressions are read and checked, and what only the engine knows. */
export type MacroTools = {
  readonly isAggregate: IsAggregate;
  /** Of these names in lower case, those that functions of the engine or words of its SQL have. */
  readonly builtIn: (names: readonly string[]) => Promise<readonly string[]>;
  /** Undefined: it isn't one expression, which has been reported. */
  readonly parse: (expression: SelectText) => Promise<ParsedExpression | undefined>;
};

export type ParsedExpression = {
  readonly query: Query;
  /** Bytes that the parsed text has in front of the expression's own. */
  readonly shift: number;
  /** What forbids any expression to be in a pipeline. */
  readonly problems: readonly ScriptError[];
};

type Checked = {
  readonly macro: Macro;
  /** Names in lower case of the macros that it calls. */
  readonly calls: readonly string[];
};

/**
 * Checks that macros are values made of one row's values, that they take no function's name, and
 * don't call themselves. Gives them in an order in which each comes after those it calls.
 */
export async function checkMacros(
  { macros, functions }: Pick<Script, 'macros' | 'functions'>,
  tools: MacroTools,
  errors: ScriptError[],
): Promise<readonly Macro[]> {
  if (macros.length + functions.length === 0) return macros;
  await checkNames([...macros, ...functions], tools, errors);
  const names = new Set(macros.map((macro) => macro.name.toLowerCase()));
  const checked: Checked[] = [];
  for (const macro of macros) {
    for (const { fallback } of macro.parameters) {
      if (fallback !== undefined) await checkExpression(fallback, tools, errors);
    }
    const calls = await checkExpression(macro.expression, tools, errors);
    checked.push({ macro, calls: calls.filter((name) => names.has(name)) });
  }
  return inOrder(checked, errors);
}

async function checkNames(
  macros: readonly Pick<Macro, 'name' | 'position'>[],
  { builtIn }: MacroTools,
  errors: ScriptError[],
): Promise<void> {
  const taken = await builtIn(macros.map(({ name }) => name.toLowerCase()));
  for (const { name, position } of macros) {
    if (!taken.includes(name.toLowerCase())) continue;
    const message = `"${name}" is a function of DuckDB's, or a word of its SQL.`;
    errors.push({ message, hint: 'Choose another name.', position });
  }
}

/** Gives the names in lower case of all functions that it calls. */
async function checkExpression(
  expression: SelectText,
  tools: MacroTools,
  errors: ScriptError[],
): Promise<readonly string[]> {
  const parsed = await tools.parse(expression);
  if (parsed === undefined) return [];
  const { query, shift, problems } = parsed;
  const facts = selectFacts(query);
  const own: ScriptError[] = [];
  const refuse = (byteOffset: number | undefined, message: string, hint: string): void => {
    const position = positionOfByte(expression, Math.max(0, (byteOffset ?? 0) - shift));
    own.push({ message, hint, position });
  };
  const subquery = facts.expressions.find((one) => one.class === 'SUBQUERY');
  if (subquery !== undefined) {
    refuse(subquery.byteOffset, "A macro can't hold a SELECT.", 'Write it where it is called.');
  }
  for (const call of subquery === undefined ? facts.functions : []) {
    const refusal = refusalOf(call, tools.isAggregate);
    if (refusal !== undefined) refuse(call.byteOffset, refusal.message, refusal.hint);
  }
  errors.push(...(own.length > 0 ? own : problems));
  return facts.functions.map(({ name }) => name.toLowerCase());
}

function refusalOf(
  call: FunctionCall,
  isAggregate: IsAggregate,
): { readonly message: string; readonly hint: string } | undefined {
  const name = call.name.toLowerCase();
  const shown = name === 'count_star' ? 'count(*)' : call.name;
  if (call.isOperator) return undefined;
  if (call.isWindow || windows.has(name)) {
    const message = `The window ${shown} can't stand in a macro in this version.`;
    return { message, hint: 'Write it where the macro is called.' };
  }
  if (!isAggregate(name) && !aggregateMacros.has(name)) return undefined;
  const message = `The aggregate ${shown} can't stand in a macro in this version.`;
  const plain = name === 'count_star' ? 'count' : call.name;
  const hint = `Write it where the macro is called, as in ${plain}(macro(x)).`;
  return { message, hint };
}

const windows: ReadonlySet<string> = new Set(['tumble', 'hop', 'session']);
/** DuckDB's own, which are not in its list of aggregates. */
const aggregateMacros: ReadonlySet<string> = new Set(
  'wavg weighted_avg geomean geometric_mean'.split(' '),
);

function inOrder(checked: readonly Checked[], errors: ScriptError[]): readonly Macro[] {
  const byName = new Map(checked.map((one) => [one.macro.name.toLowerCase(), one]));
  const ordered = new Set<Macro>();
  const visit = ({ macro, calls }: Checked, path: readonly Macro[]): void => {
    if (path.includes(macro)) {
      // The circle is reported once, at the macro by which it was entered.
      const message = `The macro "${macro.name}" calls itself, perhaps by way of others.`;
      const { position } = macro;
      errors.push({ message, hint: 'Write what it stands for without it.', position });
      for (const one of path) ordered.add(one);
    }
    if (ordered.has(macro)) return;
    for (const name of calls) {
      const called = byName.get(name);
      if (called !== undefined) visit(called, [...path, macro]);
    }
    ordered.add(macro);
  };
  for (const one of checked) visit(one, []);
  return [...ordered];
}
