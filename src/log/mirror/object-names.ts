import { HeliosError } from '../../base/errors.ts';
import type { StoredObject } from '../../storage/storage.ts';

/** An object that holds a range of a partition's log. */
export type RangeObject = {
  readonly path: string;
  readonly base: number;
  /** Undefined for the newest, which nothing follows that would say it. */
  readonly end: number | undefined;
  readonly byteLength: number;
  readonly modifiedAtMs: number;
  /** Made of several; it is not merged again. */
  readonly isMerged: boolean;
};

/** What lies under a partition's prefix. */
export type ObjectChain = {
  /** Oldest first, without gaps as far as names tell. */
  readonly objects: readonly RangeObject[];
  /** Objects whose bytes merged ones hold: a crash kept them from being deleted. */
  readonly left: readonly RangeObject[];
};

/** Where the group goes that begins at `base`. */
export function groupPath(prefix: string, base: number): string {
  return `${prefix}/${twentyDigits(base)}`;
}

export function mergedPath(prefix: string, base: number, end: number): string {
  return `${prefix}/${mergedFolder}/${twentyDigits(base)}-${twentyDigits(end)}`;
}

/** Puts objects in order; names that mean nothing are ignored. `corrupt_data` for a gap. */
export function chainOf(prefix: string, stored: readonly StoredObject[]): ObjectChain {
  const named = stored.flatMap((object) => parseName(prefix, object));
  const merged = new InOrder(named.filter(({ isMerged }) => isMerged));
  const groups = new InOrder(named.filter(({ isMerged }) => !isMerged));
  const objects: RangeObject[] = [];
  let at: number | undefined = Math.min(merged.nextBase, groups.nextBase);
  let widest: RangeObject | undefined;
  while (at !== undefined && Number.isFinite(at)) {
    const from: number = at;
    for (const one of merged.upTo(from)) {
      if ((one.end ?? 0) > (widest?.end ?? 0)) widest = one;
    }
    const group = groups.upTo(from).at(-1);
    if ((widest?.end ?? 0) > from && widest !== undefined) {
      objects.push(widest);
      at = widest.end;
    } else if (group?.base === from) {
      const next = Math.min(groups.nextBase, merged.nextBase);
      at = Number.isFinite(next) ? next : undefined;
      objects.push({ ...group, end: at });
    } else {
      if (Number.isFinite(Math.min(groups.nextBase, merged.nextBase))) throw gapAt(prefix, from);
      at = undefined;
    }
  }
  const kept = new Set(objects.map(({ path }) => path));
  return { objects, left: named.filter(({ path }) => !kept.has(path)) };
}

/** Objects that are taken by ascending offset. */
class InOrder {
  readonly #objects: readonly RangeObject[];
  #taken = 0;

  constructor(objects: readonly RangeObject[]) {
    this.#objects = objects.toSorted((a, b) => a.base - b.base);
  }

  /** Infinity where all are taken. */
  get nextBase(): number {
    return this.#objects[this.#taken]?.base ?? Infinity;
  }

  /** Those not taken yet that begin at `offset` or before it. */
  upTo(offset: number): readonly RangeObject[] {
    const from = this.#taken;
    while (this.nextBase <= offset) this.#taken += 1;
    return this.#objects.slice(from, this.#taken);
  }
}

/** Events between two objects that are there are in none: `corrupt_data`. */
export function gapAt(prefix: string, offset: number): HeliosError {
  return new HeliosError(
    'corrupt_data',
    `The log in ${prefix} has objects before and after offset ${offset}, and none that holds it.`,
    {
      hint:
        'Somebody deleted an object. Restore it from a version of it; or delete those before it, ' +
        'and begin pipelines that have not read them at a later position.',
      details: { offset },
    },
  );
}

const mergedFolder = 'merged';

function twentyDigits(offset: number): string {
  return String(offset).padStart(20, '0');
}

function parseName(prefix: string, object: StoredObject): readonly RangeObject[] {
  const { path, byteLength, modifiedAtMs } = object;
  const name = path.slice(prefix.length + 1);
  const [, base, end] = /^(?:merged\/)?(\d{20})(?:-(\d{20}))?$/.exec(name) ?? [];
  const isMerged = name.startsWith(`${mergedFolder}/`);
  if (base === undefined || isMerged !== (end !== undefined)) return [];
  const range = { base: Number(base), end: end === undefined ? undefined : Number(end) };
  return [{ path, ...range, byteLength, modifiedAtMs, isMerged }];
}
