/** A stretch of an object's bytes: `end` is the first one behind it. */
export type ByteRange = { readonly start: number; readonly end: number };

/** In order, without overlaps; those with at most `gapMax` bytes between them are made one. */
export function joined(ranges: readonly ByteRange[], gapMax: number = 0): readonly ByteRange[] {
  const inOrder = ranges
    .filter(({ start, end }) => start < end)
    .toSorted((left, right) => left.start - right.start);
  const all: ByteRange[] = [];
  for (const range of inOrder) {
    const last = all.at(-1);
    if (last === undefined || range.start > last.end + gapMax) all.push(range);
    else all[all.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
  }
  return all;
}

/** What of `wanted` is not in `present`; both as `joined` gives them. */
export function without(
  wanted: readonly ByteRange[],
  present: readonly ByteRange[],
): readonly ByteRange[] {
  return wanted.flatMap(({ start, end }) => {
    const rest: ByteRange[] = [];
    let from = start;
    for (const one of present) {
      if (one.end <= from || one.start >= end) continue;
      if (one.start > from) rest.push({ start: from, end: one.start });
      from = one.end;
    }
    if (from < end) rest.push({ start: from, end });
    return rest;
  });
}

/** The same bytes in pieces of at most `lengthMax`. */
export function pieces(ranges: readonly ByteRange[], lengthMax: number): readonly ByteRange[] {
  return ranges.flatMap(({ start, end }) =>
    Array.from({ length: Math.ceil((end - start) / lengthMax) }, (_, index) => ({
      start: start + index * lengthMax,
      end: Math.min(end, start + (index + 1) * lengthMax),
    })),
  );
}

export function lengthOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}
