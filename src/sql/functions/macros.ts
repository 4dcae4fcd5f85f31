import type { LineIndex } from '../positions.ts';
import type { Macro, MacroParameter } from '../script.ts';
import { selectText } from '../select-text.ts';
import type { MacroParameterText, MacroText } from '../syntax/macro.ts';
import type { Statement } from '../syntax/statements.ts';
import type { Problem } from '../syntax/token-reader.ts';
import type { Token } from '../syntax/tokens.ts';

type Context = {
  readonly script: string;
  readonly lines: LineIndex;
  readonly problems: Problem[];
};

/** A script's macros, in its order; wrong and doubled names are reported. */
export function macrosOf(statements: readonly Statement[], context: Context): readonly Macro[] {
  const macros = new Map<string, MacroText>();
  for (const statement of statements) {
    if (statement.kind !== 'create_macro') continue;
    checkName(statement.name, context);
    checkParameters(statement, context);
    const key = keyOf(statement.name);
    const before = macros.get(key);
    if (before === undefined || statement.isReplacing) macros.set(key, statement);
    else if (!statement.isIfNotExists) reportTaken(statement, before, context);
  }
  return [...macros.values()].map((statement) => macroOf(statement, context));
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
  return { name: name.value, type, fallback: text };
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

function checkParameters({ parameters }: MacroText, { problems }: Context): void {
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

function reportTaken({ name }: MacroText, before: MacroText, { lines, problems }: Context): void {
  const { line } = lines.positionOf(before.name);
  const message = `The name "${name.value}" is taken: line ${line} declares it.`;
  problems.push({ span: name, message, hint: 'Write CREATE OR REPLACE MACRO, or rename it.' });
}

function keyOf(name: Token): string {
  return name.value.toLowerCase();
}
