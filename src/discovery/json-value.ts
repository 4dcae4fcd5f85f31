/** A number of a JSON text as it is spelled: a JavaScript number would round it. */
export class Numeral {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A JSON value whose numbers keep all their digits. */
export type JsonValue =
  | null
  | boolean
  | string
  | Numeral
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Throws a SyntaxError where `text` is not JSON. */
export function parseExactly(text: string): JsonValue {
  return JSON.parse(text, keepDigits) as JsonValue;
}

/** ECMAScript 2026, `JSON.parse` with source text access: primitives come with their source. */
function keepDigits(this: unknown, _key: string, value: unknown, context?: unknown): unknown {
  if (typeof value !== 'number') return value;
  const { source } = context as { readonly source?: string };
  return new Numeral(source ?? String(value));
}

export function isJsonObject(value: JsonValue): value is { readonly [name: string]: JsonValue } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Numeral)
  );
}
