/** A text as a literal of Python: JSON's escapes mean the same there. */
export function pythonText(text: string): string {
  return JSON.stringify(text);
}

/** JSON as a literal of Python. */
export function pythonValue(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return JSON.stringify(value);
  if (typeof value === 'string') return pythonText(value);
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(', ')}]`;
  const entries = Object.entries(value).map(
    ([key, each]) => `${pythonText(key)}: ${pythonValue(each)}`,
  );
  return `{${entries.join(', ')}}`;
}

/**
 * A text of several lines as a literal that a person can read and change, with the lines as they
 * were: what would end it, or become another character, is escaped.
 */
export function pythonBlock(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"""', '\\"\\"\\"')
    // Python makes line feeds of carriage returns, and refuses NUL.
    .replaceAll(
      // oxlint-disable-next-line no-control-regex
      /[\u0000-\u0008\u000b-\u001f\u007f]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
  // A quote at the end would be taken for a part of the closing ones.
  return `"""${escaped.replace(/"$/, '\\"')}"""`;
}
