import type { Span } from '../positions.ts';
import type { Token } from './tokens.ts';
import type { TokenReader } from './token-reader.ts';

/** One `key = value` of a WITH list, as written. */
export type OptionText = {
  readonly name: string;
  readonly nameSpan: Span;
  readonly value: OptionValue;
};

export type OptionValue = Span &
  (
    | { readonly kind: 'text'; readonly text: string }
    /** A number, boolean or bare name, as written. */
    | { readonly kind: 'number' | 'boolean' | 'name'; readonly text: string }
    /** `interval '5 seconds'`, or `interval '5' second`. */
    | { readonly kind: 'interval'; readonly text: string }
    | { readonly kind: 'list'; readonly items: readonly OptionValue[] }
  );

/** Reads `( key = value, … )`. Broken options are reported and left out. */
export function readOptions(reader: TokenReader): readonly OptionText[] {
  reader.expectOperator('(');
  const options: OptionText[] = [];
  while (!reader.takeOperator(')')) {
    const option = reader.item(() => readOption(reader));
    if (options.length >= optionsMax) reader.fail(`A table has at most ${optionsMax} options.`);
    if (option !== undefined) addOption(reader, options, option);
    if (reader.isAtEnd) reader.fail('The list of options is never closed: ) is missing.');
    // A comma after the last option does no harm.
    reader.takeOperator(',');
  }
  return options;
}

/** The longest known connector has fifty. */
const optionsMax = 200;

function addOption(reader: TokenReader, options: OptionText[], option: OptionText): void {
  const name = option.name.toLowerCase();
  if (options.some((other) => other.name.toLowerCase() === name)) {
    const message = `The option ${option.name} is given twice.`;
    reader.report(option.nameSpan, message, 'Keep one of them.');
    return;
  }
  options.push(option);
}

function readOption(reader: TokenReader): OptionText {
  const { name, span } = readOptionName(reader);
  reader.expectOperator('=');
  return { name, nameSpan: span, value: readValue(reader) };
}

/** `'a.b'`, `"a.b"` or a.b; a bare part may hold a hyphen, as in source.regex-pattern. */
function readOptionName(reader: TokenReader): { readonly name: string; readonly span: Span } {
  const first = reader.peek();
  if (first?.kind !== 'string' && first?.kind !== 'quoted' && first?.kind !== 'word') {
    return reader.failExpected('the name of an option', 'Options are written name = value.');
  }
  reader.next();
  let name = first.value;
  let end = first.end;
  while (first.kind === 'word' && (reader.isOperator('.') || reader.isOperator('-'))) {
    name += reader.next().text;
    const part = reader.next();
    name += part.value;
    end = part.end;
  }
  return { name, span: { start: first.start, end } };
}

function readValue(reader: TokenReader): OptionValue {
  const start = reader.here().start;
  if (reader.takeOperator('[')) return readList(reader, start);
  if (reader.takeWords('array')) {
    reader.expectOperator('[');
    return readList(reader, start);
  }
  if (reader.isWord('interval')) return readInterval(reader);
  const sign = reader.takeOperator('-') ? '-' : '';
  const token = reader.peek();
  if (token === undefined || !isValue(token) || (sign !== '' && token.kind !== 'number')) {
    return reader.failExpected('a value', 'Text stands in single quotes.');
  }
  reader.next();
  return { start, end: token.end, ...valueOf(token, sign) };
}

function isValue(token: Token): boolean {
  return ['string', 'number', 'word', 'quoted'].includes(token.kind);
}

function valueOf(
  token: Token,
  sign: string,
): { readonly kind: 'text' | 'number' | 'boolean' | 'name'; readonly text: string } {
  if (token.kind === 'string') return { kind: 'text', text: token.value };
  if (token.kind === 'number') return { kind: 'number', text: sign + token.text };
  const isBoolean = token.kind === 'word' && /^(true|false)$/i.test(token.text);
  if (isBoolean) return { kind: 'boolean', text: token.text.toLowerCase() };
  return { kind: 'name', text: token.value };
}

function readInterval(reader: TokenReader): OptionValue {
  const { start } = reader.next();
  const token = reader.peek();
  if (token?.kind !== 'string' && token?.kind !== 'number') {
    return reader.failExpected("a duration such as interval '5 minutes'");
  }
  reader.next();
  const unit = reader.peek();
  if (unit?.kind !== 'word') return { kind: 'interval', text: token.value, start, end: token.end };
  reader.next();
  return { kind: 'interval', text: `${token.value} ${unit.text}`, start, end: unit.end };
}

function readList(reader: TokenReader, start: number): OptionValue {
  const items: OptionValue[] = [];
  while (!reader.isOperator(']')) {
    if (reader.isOperator('[')) reader.fail('A list holds no lists.', 'Write it as [a, b].');
    items.push(readValue(reader));
    if (!reader.takeOperator(',')) break;
  }
  const { end } = reader.here();
  reader.expectOperator(']');
  return { kind: 'list', items, start, end };
}
