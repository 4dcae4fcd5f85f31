import type { StatePart } from './manifest-stream.ts';

/** A merge that is done but that no manifest names yet. */
export type DoneMerge = {
  readonly replaced: readonly StatePart[];
  readonly merged: StatePart | undefined;
};

/** So many rows that nobody needs may be in parts, besides as many as are needed. */
const deadRowsMax = 65_536;
/** So many neighbouring parts of one tier become one part of the next. */
const partsPerMerge = 16;
/** A part of this size is worth opening by itself. */
const mergeBytesMax = 32 * 1024 * 1024;

/** Decides which of a node's parts become one. */
export class PartMerges {
  #rowsMax = deadRowsMax;

  /**
   * `all` once they hold more than twice what they had to hold when that was done last; else the
   * oldest run of neighbours in one tier that is long enough.
   */
  due(parts: readonly StatePart[]): readonly StatePart[] | 'all' | undefined {
    const rowCount = parts.reduce((sum, part) => sum + part.rowCount, 0);
    if (parts.length > 1 && rowCount > this.#rowsMax) return 'all';
    let run: StatePart[] = [];
    for (const part of parts) {
      const isSame = run[0] !== undefined && tier(run[0]) === tier(part);
      run = isSame ? [...run, part] : [part];
      if (run.length === partsPerMerge && tier(part) !== undefined) return run;
    }
    return undefined;
  }

  /** All have become one of so many rows. */
  noteAll(rowCount: number): void {
    this.#rowsMax = 2 * rowCount + deadRowsMax;
  }
}

/** How often a part was merged; undefined when it is large enough to stay as it is. */
function tier(part: StatePart): number | undefined {
  if (part.byteLength >= mergeBytesMax) return undefined;
  return part.name.split('-to-').length - 1;
}

export function replaceParts(
  parts: readonly StatePart[],
  { replaced, merged }: DoneMerge,
): readonly StatePart[] {
  const names = new Set(replaced.map(({ name }) => name));
  const first = parts.findIndex(({ name }) => names.has(name));
  return parts.flatMap((part, index) => {
    if (!names.has(part.name)) return [part];
    return index === first && merged !== undefined ? [merged] : [];
  });
}
