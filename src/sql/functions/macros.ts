import type { LineIndex } from '../positions.ts';
import type { Macro, MacroParameter, ScriptFunction } from '../script.ts';
import { selectText } from '../select-text.ts';
import type { FunctionText, MacroParameterText, MacroText } from '../syntax/macro.ts';
import type { Statement } from '../syntax/statements.ts';
import type { Problem } from '../syntax/token-reader.ts';
import type { Token } from '../syntax/tokens.ts';
import { functionOf } from './script-function.ts';

type Context = {
  readonly script: string;
  readonly lines: LineIndex;
  readonly problems: Problem[];
};

export type Callables = {
  readonly macros: readonly Macro[];
  readonly functions: readonly ScriptFunction[];
};

/** A script's macros and functions, in its order; wrong and doubled names are reported. */
export function callablesOf(statements: readonly Statement[], context: Context): Callables {
  const named = new Map<string, MacroText | FunctionText>();
  for (const statement of statements) {
    if (statement.kind !== 'create_macro' && statement.kind !== 'create_function') continue;
    checkName(statement.name, context);
    checkParameters(statement, context);
    const key = keyOf(statement.name);
    const before = named.get(key);
    if (before === undefined || statement.isReplacing) named.set(key, statement);
    else if (!statement.isIfNotExists) reportTaken(statement, before, context);
  }
  const kept = [...named.values()];
  return {
    macros: kept.flatMap((one) => (one.kind === 'create_macro' ? [macroOf(one, context)] : [])),
    functions: kept.flatMap((one) => {
      const found = one.kind === 'create_function' ? functionOf(one, context) : undefined;
      return found === undefined ? [] : [found];
    }),
  };
}

function macroOf({ name, parameters, expression }: MacroText, context: Context): Macro {
  return {
    name: name.value,
    position: context.lines.positionOf(name),
    parameters: parameters.map((parameter) => parameterOf(parameter, context)),
    expression: selectText({ ...context, tokens: expression }),
  };
}

function parameterOf(
  { name, type, fallback }: MacroParameterText,
  context: Context,
): MacroParameter {
  const text = fallback === undefined ? undefined : selectText({ ...context, tokens: fallback });
  return { name: name.value, type: type?.type, fallback: text };
}

function checkName(name: Token, { problems }: Context): void {
  const key = keyOf(name);
  if (dialectFunctions.has(key)) {
    const message = `${name.value} is a function of the dialect.`;
    problems.push({ span: name, message, hint: 'Choose another name.' });
  } else if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name.value) || key.length > nameLengthMax) {
    const message = `"${name.value}" can't be the name of a macro.`;
    const hint = 'Use at most 128 letters, digits and "_"; begin with a letter.';
    problems.push({ span: name, message, hint });
  }
}

/** Functions that Helios gives a meaning of its own. */
const dialectFunctions: ReadonlySet<string> = new Set(['tumble', 'hop', 'session', 'metadata']);

const nameLengthMax = 128;

function checkParameters({ parameters }: MacroText | FunctionText, { problems }: Context): void {
  parameters.forEach(({ name, fallback }, index) => {
    const others = parameters.slice(0, index);
    if (others.some((other) => keyOf(other.name) === keyOf(name))) {
      const message = `The parameter "${name.value}" is named twice.`;
      problems.push({ span: name, message, hint: 'Names are compared without regard to case.' });
    }
    if (fallback === undefined && others.some((other) => other.fallback !== undefined)) {
      const message = `The parameter "${name.value}" has no default, and one before it has.`;
      problems.push({ span: name, message, hint: 'Put those with a default last.' });
    }
  });
}

function reportTaken(
  { name }: MacroText | FunctionText,
  before: MacroText | FunctionText,
  { lines, problems }: Context,
): void {
  const { line } = lines.positionOf(before.name);
  const message = `The name "${name.value}" is taken: line ${line} declares it.`;
  problems.push({ span: name, message, hint: 'Write CREATE OR REPLACE, or rename it.' });
}

function keyOf(name: Token): string {
  return name.value.toLowerCase();
}
