import type { Scope } from '../scope.ts';

/** Items as they come; while the next one takes long, a line on the screen says so. */
export async function* eachWithProgress<Item>(
  scope: Scope,
  items: AsyncIterable<Item>,
): AsyncGenerator<Item> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await scope.withProgress(async () => await iterator.next());
      if (done === true) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}
