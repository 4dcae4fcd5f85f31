/**
 * The candidate that a person most likely meant by `name`, or undefined when none is near. Case and
 * the difference between `_`, `-` and `.` cost little; a candidate of which `name` is the beginning
 * or the end counts as near.
 */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(name.slice(0, nameLengthMax));
  // A third of the letters may be wrong: below that, suggestions are noise.
  const distanceMax = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    if (candidate === name || candidate.length > nameLengthMax) continue;
    const distance = distanceOf(wanted, fold(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return bestDistance <= distanceMax ? best : undefined;
}

/** The same as a sentence for a hint: `Did you mean "path"?`, or undefined. */
export function didYouMeanHint(name: string, candidates: Iterable<string>): string | undefined {
  const candidate = didYouMean(name, candidates);
  return candidate === undefined ? undefined : `Did you mean "${candidate}"?`;
}

/** Longer names aren't compared: the cost of a comparison grows with the square of their length. */
const nameLengthMax = 128;

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-.\s]/g, '_');
}

function distanceOf(wanted: string, candidate: string): number {
  const distance = editDistance(wanted, candidate);
  const isPart = wanted.length >= 3 && (candidate.startsWith(wanted) || candidate.endsWith(wanted));
  return isPart ? Math.min(distance, 1) : distance;
}

/**
 * Optimal string alignment distance: inserts, deletes, substitutions, swaps of neighbours cost 1.
 */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current[column] = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforePrevious, column - 2) + 1 : Infinity,
      );
    }
    [beforePrevious, previous] = [previous, current];
  }
  return at(previous, right.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
