/** An error and all that it says caused it, itself first. */
export function causesOf(thrown: unknown): readonly Error[] {
  const found: Error[] = [];
  const waiting: unknown[] = [thrown];
  while (waiting.length > 0 && found.length < causesMax) {
    const next = waiting.shift();
    if (!(next instanceof Error) || found.includes(next)) continue;
    found.push(next);
    waiting.push(next.cause);
    if (next instanceof AggregateError) waiting.push(...(next.errors as readonly unknown[]));
  }
  return found;
}

/** Enough for a client that tried every broker of a list a few times. */
const causesMax = 100;

/** A text property of an error that a library added. */
export function textOf(error: Error, property: string): string | undefined {
  const value: unknown = Reflect.get(error, property);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What a server said, as a part of one line. */
export function quoted(serverText: string): string {
  const line = serverText.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  const short = line.length > serverTextMax ? `${line.slice(0, serverTextMax)}…` : line;
  return short.replace(/\.$/, '');
}

const serverTextMax = 300;
