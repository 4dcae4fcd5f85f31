import type { HeliosError } from '../../base/errors.ts';

export type FailingRow = { readonly row: number; readonly error: HeliosError };

/**
 * Finds the rows of [0, count) that make `attempt` fail, by halving: an attempt over a range
 * without a failing row clears it at once, so the cost is about `failing × log2(count)` attempts.
 * Order of the result is ascending.
 */
export async function findFailingRows(
  count: number,
  attempt: (from: number, to: number) => Promise<HeliosError | undefined>,
): Promise<readonly FailingRow[]> {
  const failing: FailingRow[] = [];
  await search(0, count);
  return failing;

  async function search(from: number, to: number): Promise<void> {
    if (from >= to) return;
    const error = await attempt(from, to);
    if (error === undefined) return;
    if (to - from === 1) {
      failing.push({ row: from, error });
      return;
    }
    const middle = Math.floor((from + to) / 2);
    await search(from, middle);
    await search(middle, to);
  }
}
