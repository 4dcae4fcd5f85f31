/** As `JSON.parse`, with a bigint for each whole number that a double can't hold. */
export function parseExactJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return parseWithSource(text, (_key, value, { source }) => {
    const isLong = typeof value === 'number' && Number.isInteger(value);
    return isLong && !Number.isSafeInteger(value) ? BigInt(source ?? value) : value;
  });
}

/** As `JSON.stringify`, with bigints as numerals. */
export function exactJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'bigint' ? JSON.rawJSON(part.toString()) : part,
  );
}

declare global {
  interface JSON {
    /** What `stringify` writes as it is: https://tc39.es/proposal-json-parse-with-source/ */
    rawJSON(text: string): unknown;
  }
}

/** TypeScript does not know yet that a reviver is told the text of a number. */
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;
