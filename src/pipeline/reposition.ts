import { HeliosError } from '../base/errors.ts';
import { type EpochMs, type Position, position } from '../event/record.ts';
import type { Source, StartPoint } from '../source/source.ts';
import type { Manifest, ManifestSource } from './epoch/manifest.ts';

/**
 * Where a pipeline shall read on: everywhere alike, or partition → position (source → partition →
 * position where a pipeline has several sources with partitions of that name). Partitions that are
 * not named stay where they are.
 */
export type RestartPoint =
  | 'earliest'
  | 'latest'
  | { readonly atMs: EpochMs }
  | { readonly positions: Readonly<Record<string, string | Readonly<Record<string, string>>>> };

export type RestartRequest = {
  readonly from: RestartPoint;
  /** Records that are in the tables already may come into them again. */
  readonly isAllowingDuplicates: boolean;
  /** Records that are not in the tables yet may never come there. */
  readonly isAllowingSkips: boolean;
};

/** What becomes of one partition; `undefined` positions are its beginning. */
export type Move = {
  readonly source: string;
  readonly partition: string;
  readonly from: Position | undefined;
  readonly to: Position | undefined;
  readonly effect: 'again' | 'skips' | 'unknown';
};

type Sources = ReadonlyMap<string, Source>;
type Targets = ReadonlyMap<string, ReadonlyMap<string, Position | undefined>>;

/** Asks the sources for the positions that `from` means; sources left out stay as they are. */
export async function resolveTargets(
  from: RestartPoint,
  sources: Sources,
  nowMs: EpochMs,
): Promise<Targets> {
  if (typeof from === 'object' && 'positions' in from) return await named(from.positions, sources);
  if (typeof from === 'object' && from.atMs > nowMs) throw inFuture(from.atMs, nowMs);
  const targets = new Map<string, ReadonlyMap<string, Position | undefined>>();
  for (const [name, source] of sources) targets.set(name, await positionsAt(name, source, from));
  return targets;
}

async function positionsAt(
  name: string,
  source: Source,
  point: StartPoint,
): Promise<ReadonlyMap<string, Position | undefined>> {
  if (source.positionsAt !== undefined) return await source.positionsAt(point);
  if (point === 'earliest') {
    return new Map((await source.partitions()).map((partition) => [partition, undefined]));
  }
  throw new HeliosError(
    'invalid_request',
    `${name} reads files, which have no ${point === 'latest' ? 'latest record' : 'times'}.`,
    { hint: 'Restart from earliest, or give the positions.' },
  );
}

async function named(
  wanted: Extract<RestartPoint, { positions: unknown }>['positions'],
  sources: Sources,
): Promise<Targets> {
  const partitions = new Map<string, readonly string[]>();
  for (const [name, source] of sources) partitions.set(name, await source.partitions());
  const targets = new Map<string, Map<string, Position | undefined>>();
  for (const [key, value] of Object.entries(wanted)) {
    const owner = typeof value === 'string' ? ownerOf(key, partitions) : ownName(key, partitions);
    const places = typeof value === 'string' ? [[key, value] as const] : Object.entries(value);
    const target = targets.get(owner) ?? new Map<string, Position | undefined>();
    targets.set(owner, target);
    for (const [partition, text] of places) {
      checkPartition(owner, partition, partitions);
      await checkPosition(sources.get(owner), partition, text);
      target.set(partition, position(text));
    }
  }
  if (targets.size > 0) return targets;
  throw new HeliosError('invalid_request', 'There is no position to restart from.', {
    hint: `Write partition and position, such as '{"orders/3": "1234"}'.`,
  });
}

type Partitions = ReadonlyMap<string, readonly string[]>;

function ownerOf(partition: string, partitions: Partitions): string {
  const owners = [...partitions].filter(([, names]) => names.includes(partition));
  const owner = owners[0]?.[0];
  if (owner === undefined) throw unknownPartition(partition, [...partitions.values()].flat());
  if (owners.length === 1) return owner;
  const names = owners.map(([name]) => name).join(' and ');
  throw new HeliosError('invalid_request', `Both ${names} have a partition ${partition}.`, {
    hint: `Say which: '{"${owner}": {"${partition}": "…"}}'.`,
  });
}

function ownName(name: string, partitions: Partitions): string {
  if (partitions.has(name)) return name;
  throw new HeliosError('invalid_request', `The pipeline has no source ${name}.`, {
    hint: `Its sources are ${[...partitions.keys()].join(', ')}.`,
  });
}

function checkPartition(owner: string, partition: string, partitions: Partitions): void {
  const names = partitions.get(owner) ?? [];
  if (!names.includes(partition)) throw unknownPartition(partition, names);
}

async function checkPosition(
  source: Source | undefined,
  partition: string,
  text: string,
): Promise<void> {
  try {
    source?.compare(position(text), position(text));
    await source?.checkPosition?.(partition, position(text));
  } catch (thrown) {
    // Read from a manifest, it would be damaged; here it was written by a person.
    if (!(thrown instanceof HeliosError) || thrown.code !== 'corrupt_data') throw thrown;
    throw new HeliosError('invalid_request', thrown.message, {
      hint: 'See the positions it has now with: helios pipeline show NAME',
      cause: thrown,
    });
  }
}

/** What changes; partitions that stay where they are, are left out. */
export function movesOf(
  manifest: Manifest,
  sources: Sources,
  targets: Targets,
  from: RestartPoint,
): readonly Move[] {
  const moves: Move[] = [];
  for (const [name, target] of targets) {
    const source = sources.get(name);
    if (source === undefined) continue;
    const before = manifest.sources.find((one) => one.name === name);
    const isSame = before?.identity === source.identity;
    for (const [partition, to] of target) {
      const text = before?.positions[partition] ?? undefined;
      const at = text === undefined ? undefined : position(text);
      const isKnown = isSame && before.positions[partition] !== undefined;
      const effect = isKnown ? effectOf(source, at, to, from) : strangeEffect(from);
      if (effect !== undefined) moves.push({ source: name, partition, from: at, to, effect });
    }
  }
  return moves;
}

/** Undefined where nothing changes. */
function effectOf(
  source: Source,
  before: Position | undefined,
  to: Position | undefined,
  from: RestartPoint,
): Move['effect'] | undefined {
  if (before === to) return undefined;
  const order = knownOrder(source, to, before);
  if (order === 0) return undefined;
  if (from === 'latest') return 'skips';
  if (order === undefined) return 'unknown';
  return order < 0 ? 'again' : 'skips';
}

/** `Source.compare`; undefined where it can't be known which comes first. */
export function knownOrder(
  source: Source,
  left: Position | undefined,
  right: Position | undefined,
): number | undefined {
  try {
    return source.compare(left, right);
  } catch (thrown) {
    if (thrown instanceof HeliosError && thrown.code === 'conflict') return undefined;
    throw thrown;
  }
}

/**
 * Of a partition that was not read so far: of a stream that was made anew, or a new one. Read whole
 * it can only hold records that the tables have from elsewhere.
 */
function strangeEffect(from: RestartPoint): Move['effect'] {
  if (from === 'earliest') return 'again';
  return from === 'latest' ? 'skips' : 'unknown';
}

/** `conflict` where the moves do what the request does not allow; names it. */
export function checkMoves(moves: readonly Move[], request: RestartRequest): void {
  const again = moves.filter(({ effect }) => effect !== 'skips');
  const skips = moves.filter(({ effect }) => effect !== 'again');
  const isDoubling = again.length > 0 && !request.isAllowingDuplicates;
  const isSkipping = skips.length > 0 && !request.isAllowingSkips;
  if (!isDoubling && !isSkipping) return;
  const parts = [
    ...(isDoubling
      ? [`read again records that may be in the tables already: ${shown(again)}`]
      : []),
    ...(isSkipping ? [`skip records that are not in the tables: ${shown(skips)}`] : []),
  ];
  const needs = [
    ...(isDoubling ? ['allow_duplicates'] : []),
    ...(isSkipping ? ['allow_skipping'] : []),
  ];
  throw new HeliosError('conflict', `The restart would ${parts.join('; and ')}.`, {
    hint:
      `Allow it with ${needs.join(' and ')} ` +
      `(${needs.map((need) => `--${need.replace('_', '-')}`).join(' ')}); nothing was changed.`,
    details: { needs, moves: moves.slice(0, movesShown * 10) },
  });
}

/** As many partitions as a person reads. */
const movesShown = 5;

function shown(moves: readonly Move[]): string {
  const texts = moves.slice(0, movesShown).map(({ source, partition, from, to }) => {
    return `${source} ${partition} from ${shortly(to)} (read up to ${shortly(from)})`;
  });
  const rest = moves.length - texts.length;
  return `${texts.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** What comes after the first @ of a position is for the source alone. */
function shortly(at: Position | undefined): string {
  return at === undefined ? 'its beginning' : at.replace(/(?<=.)[@~].*$/, '');
}

/**
 * The sources of the next manifest. Where all partitions move, those that are gone from the source
 * are forgotten.
 */
export function movedSources(
  manifest: Manifest,
  sources: Sources,
  targets: Targets,
  from: RestartPoint,
): readonly ManifestSource[] {
  const isWhole = typeof from === 'string' || 'atMs' in from;
  return [...sources].map(([name, source]) => {
    const before = manifest.sources.find((one) => one.name === name);
    const target = targets.get(name);
    const isKept = before !== undefined && before.identity === source.identity && !isWhole;
    if (target === undefined) {
      return before ?? { name, identity: source.identity, positions: {} };
    }
    const moved = [...target].map(([partition, at]) => [partition, at ?? null] as const);
    return {
      name,
      identity: source.identity,
      positions: { ...(isKept ? before.positions : {}), ...Object.fromEntries(moved) },
    };
  });
}

function unknownPartition(partition: string, known: readonly string[]): HeliosError {
  const some = known.slice(0, movesShown * 4).join(', ');
  return new HeliosError('invalid_request', `There is no partition ${partition} to read.`, {
    hint: known.length === 0 ? 'The source has none.' : `There are: ${some}.`,
  });
}

function inFuture(atMs: EpochMs, nowMs: EpochMs): HeliosError {
  const [at, now] = [atMs, nowMs].map((timeMs) => new Date(timeMs).toISOString());
  return new HeliosError('invalid_request', `${at} is in the future: it is ${now}.`, {
    hint: 'Write latest for what arrives from now on.',
  });
}
