/**
 * The version since which a row is there without a gap up to `newest`, by halving: `has` is asked
 * for about log₂ of them. Undefined where the newest does not have it; `oldest` where that has it
 * already. Of a row that was taken away and came again, one of the versions with which it came.
 */
export async function firstVersionWith(
  { oldest, newest }: { readonly oldest: number; readonly newest: number },
  has: (version: number) => Promise<boolean>,
): Promise<number | undefined> {
  if (!(await has(newest))) return undefined;
  let found = newest;
  let without = oldest - 1;
  while (found - without > 1) {
    const middle = Math.floor((found + without) / 2);
    if (await has(middle)) found = middle;
    else without = middle;
  }
  return found;
}
