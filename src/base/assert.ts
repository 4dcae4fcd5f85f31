/**
 * A condition that the code relies on. A failure is a defect of Helios, never of its input: it
 * stops what it belongs to (a pipeline, a request) and is reported with its message.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Closes a `switch` over a union: a case that the compiler does not know can't be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`unexpected value ${JSON.stringify(value)}`);
}

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}
