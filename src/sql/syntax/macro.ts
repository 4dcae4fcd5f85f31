import { type FunctionBody, readFunctionBody, readType, type TypeText } from './function.ts';
import { readRest } from './statement-start.ts';
import { SyntaxFailure, type TokenReader } from './token-reader.ts';
import type { Token } from './tokens.ts';

/** `CREATE MACRO name(parameters) AS expression`, as written. */
export type MacroText = Head & {
  readonly kind: 'create_macro';
  readonly expression: readonly Token[];
};

/** `CREATE FUNCTION name(parameters) RETURNS … LANGUAGE …`, as written. */
export type FunctionText = Head & FunctionBody & { readonly kind: 'create_function' };

type Head = {
  readonly name: Token;
  readonly isReplacing: boolean;
  readonly isIfNotExists: boolean;
  readonly parameters: readonly MacroParameterText[];
};

export type MacroParameterText = {
  readonly name: Token;
  readonly type: TypeText | undefined;
  /** After `:=`. */
  readonly fallback: readonly Token[] | undefined;
};

/**
 * Reads what follows CREATE MACRO, or CREATE FUNCTION, which is the same to DuckDB but for a
 * function of another language.
 */
export function readMacro(reader: TokenReader, isReplacing: boolean): MacroText | FunctionText {
  const isIfNotExists = reader.takeWords('if', 'not', 'exists');
  const name = reader.expectName('the name of the macro');
  if (reader.isOperator('.')) reader.fail('Names of macros have no schema.', 'Leave the dot out.');
  const parameters = readParameters(reader);
  const head = { name, isReplacing, isIfNotExists, parameters };
  if (bodyStarts.some((word) => reader.isWord(word))) {
    return { kind: 'create_function', ...head, ...readFunctionBody(reader) };
  }
  reader.expectWord('AS');
  if (reader.isWord('table')) reader.fail('A macro gives a value, not a table.', tableHint);
  const expression = readExpression(reader);
  return { kind: 'create_macro', ...head, expression };
}

const bodyStarts = 'returns language from export timeout called'.split(' ');
const tableHint = 'Write a view: CREATE VIEW … AS SELECT ….';

/** More are a mistake. */
const parametersMax = 100;

function readParameters(reader: TokenReader): readonly MacroParameterText[] {
  reader.expectOperator('(', 'Parameters follow the name, if only as ().');
  const parameters: MacroParameterText[] = [];
  while (!reader.takeOperator(')')) {
    const parameter = reader.item(() => readParameter(reader));
    if (parameter !== undefined) parameters.push(parameter);
    if (parameters.length > parametersMax) {
      reader.fail(`A macro has at most ${parametersMax} parameters.`, 'Take a STRUCT.');
    }
    if (reader.isAtEnd) reader.fail('The list of parameters is never closed: ) is missing.');
    reader.takeOperator(',');
  }
  return parameters;
}

function readParameter(reader: TokenReader): MacroParameterText {
  const name = reader.expectName('the name of a parameter');
  const isTyped = !(
    reader.isAtEnd || [',', ')', ':='].some((operator) => reader.isOperator(operator))
  );
  const type = isTyped ? readType(reader) : undefined;
  return { name, type, fallback: reader.takeOperator(':=') ? readFallback(reader) : undefined };
}

function readFallback(reader: TokenReader): readonly Token[] {
  const start = reader.index;
  let depth = 0;
  for (; !reader.isAtEnd; reader.next()) {
    const { kind, text } = reader.peek() ?? { kind: 'operator', text: '' };
    if (kind === 'invalid') reader.fail('');
    if (kind !== 'operator') continue;
    if (depth === 0 && (text === ',' || text === ')')) break;
    depth += depthChange(text);
  }
  if (reader.index === start) reader.failExpected('a value');
  return reader.tokens.slice(start, reader.index);
}

function readExpression(reader: TokenReader): readonly Token[] {
  const tokens = readRest(reader);
  if (tokens.length === 0) reader.failExpected('an expression');
  let depth = 0;
  for (const token of tokens) {
    if (token.kind !== 'operator') continue;
    if (depth === 0 && token.text === ',') {
      const hint = 'Give each macro a name of its own, or parameters with defaults: b := 1.';
      throw new SyntaxFailure({ message: 'A macro has one expression.', hint, span: token });
    }
    depth += depthChange(token.text);
  }
  return tokens;
}

/** Of an operator's text. */
function depthChange(text: string): number {
  if ('([{'.includes(text)) return 1;
  return ')]}'.includes(text) ? -1 : 0;
}
