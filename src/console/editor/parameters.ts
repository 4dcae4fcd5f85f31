/** The value of a `$name` parameter, as a request carries it. */
export type ParameterValue = string | number | boolean | null;

/**
 * What a person typed, as a value: a number, `true`, `false` and `null` are what they look like,
 * anything else is text, and so is what stands in single quotes. Numbers that a double would round
 * stay text: the server casts it exactly. Undefined where nothing was typed.
 */
export function parameterValue(typed: string): ParameterValue | undefined {
  const word = typed.trim();
  if (word === '') return undefined;
  if (/^'.*'$/s.test(word)) return word.slice(1, -1).replaceAll("''", "'");
  if (word === 'null') return null;
  if (word === 'true' || word === 'false') return word === 'true';
  if (/^-?\d+(\.\d+)?$/.test(word) && isExact(word)) return Number(word);
  return typed;
}

/** What the value is taken for, in a word. */
export function parameterKind(typed: string): string {
  const value = parameterValue(typed);
  if (value === undefined) return 'no value';
  return value === null ? 'NULL' : (kinds[typeof value] ?? 'text');
}

const kinds: Readonly<Record<string, string>> = { number: 'number', boolean: 'yes or no' };

function isExact(word: string): boolean {
  return word.replace(/[-.]/g, '').replace(/^0+/, '').length <= 15;
}
