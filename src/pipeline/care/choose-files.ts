import type { DataFile, PartitionValues, Snapshot } from '../../delta/delta.ts';

/** Files of one partition, and of one folder, that become one file, or a few in sorted order. */
export type Bin = {
  readonly partitionValues: PartitionValues;
  /** Below the table's root; empty for the root itself. */
  readonly folder: string;
  readonly files: readonly DataFile[];
};

export type Choice = {
  readonly bins: readonly Bin[];
  /** Why these, for people. */
  readonly reason: string;
};

export type ChoiceOptions = {
  /** How long files shall be. */
  readonly targetBytes: number;
  readonly nowMs: number;
  /** All that can be merged, whether or not it is worth it by itself. */
  readonly isForced: boolean;
  /** Rewrites whole partitions, this many bytes at a time: for sorting. */
  readonly sortedBytes?: number | undefined;
};

/** So many files of a kind are merged: what waits for it never grows beyond a few of these. */
const filesPerMerge = 8;
/** Sizes within this factor are of one kind: a row is rewritten once for each kind at most. */
const tierFactor = 8;
/** Files of one merge; their footers are all in memory. */
const filesMax = 1000;
/** No file comes for this long, and for four times what lay between them: nothing more comes. */
const quietMs = 60_000;
const quietGaps = 4;
/** Of the newest files: between those that were merged before lies a multiple of it. */
const quietGapsSeen = 4;
/** Somewhat less, so that what is a bit longer than estimated is not twice as long. */
const fillShare = 0.97;

/**
 * Which files of a version are worth merging, by what Delta says of them alone.
 *
 * Small is what has less than half of the target's length. Of each partition: when its small files
 * fill a file, they do; when there are eight of about the same length, these become one; when the
 * partition is quiet, all of them do. Files of which rows were deleted are left alone.
 */
export function chooseFiles(snapshot: Snapshot, options: ChoiceOptions): Choice {
  const groups = groupFiles(snapshot);
  const rowBytes = rowBytesOf(snapshot.files, options.targetBytes);
  const measure = (file: DataFile): number => estimatedBytes(file, rowBytes);
  const reasons = new Set<string>();
  const bins: Bin[] = [];
  for (const group of groups) {
    const { reason, runs } = runsOf(group, options, measure);
    if (runs.length > 0) reasons.add(reason);
    bins.push(...runs.map((files) => ({ ...group, files })));
  }
  return { bins, reason: [...reasons].join('; ') };
}

/** Files that are too small and wait for others, or for the table to be quiet. */
export function smallFiles(snapshot: Snapshot, targetBytes: number): readonly DataFile[] {
  return snapshot.files.filter(({ byteLength }) => byteLength < targetBytes / 2);
}

type Runs = { readonly reason: string; readonly runs: readonly (readonly DataFile[])[] };

function runsOf(
  { files }: Bin,
  { targetBytes, nowMs, isForced, sortedBytes }: ChoiceOptions,
  measure: (file: DataFile) => number,
): Runs {
  if (sortedBytes !== undefined) {
    return {
      reason: 'asked for, sorted',
      runs: packed(files, sortedBytes, (file) => file.byteLength),
    };
  }
  const limit = targetBytes * fillShare;
  if (isForced) {
    const mergeable = files.filter((file) => measure(file) < targetBytes * 0.75);
    return { reason: 'asked for', runs: packed(mergeable, limit, measure).filter(isSeveral) };
  }
  const small = files.filter(({ byteLength }) => byteLength < targetBytes / 2);
  const bytes = small.reduce((sum, file) => sum + measure(file), 0);
  if (bytes >= targetBytes) {
    const runs = packed(small, limit, measure);
    // The last one isn't full: more will come for it.
    return { reason: 'small files fill a file', runs: runs.slice(0, -1).filter(isSeveral) };
  }
  if (small.length > 1 && isQuiet(small, nowMs)) {
    return { reason: 'the partition is quiet', runs: [small.slice(0, filesMax)] };
  }
  const tiers = Map.groupBy(small, (file) => tierOf(file, targetBytes));
  const run = [...tiers.values()].find((tier) => tier.length >= filesPerMerge);
  return {
    reason: `${filesPerMerge} small files or more`,
    runs: run ? [run.slice(0, filesMax)] : [],
  };
}

function groupFiles({ files, partitionColumns, configuration }: Snapshot): readonly Bin[] {
  // Folders that mean nothing would keep files apart that belong together.
  const hasFolders = configuration['delta.randomizeFilePrefixes'] !== 'true';
  const groups = new Map<string, { bin: Bin; files: DataFile[] }>();
  for (const file of files) {
    if (file.deletionVector !== undefined) continue;
    const folder = hasFolders ? file.path.slice(0, Math.max(0, file.path.lastIndexOf('/'))) : '';
    const values = partitionColumns.map((name) => file.partitionValues[name] ?? null);
    const key = JSON.stringify([folder, ...values]);
    const known = groups.get(key);
    if (known !== undefined) known.files.push(file);
    else {
      const list = [file];
      const { partitionValues } = file;
      groups.set(key, { bin: { partitionValues, folder, files: list }, files: list });
    }
  }
  return [...groups.values()].map(({ bin }) => bin);
}

/** Bytes of a row in files that are long enough to tell; undefined where there is none. */
function rowBytesOf(files: readonly DataFile[], targetBytes: number): number | undefined {
  let bytes = 0;
  let rows = 0;
  for (const file of files) {
    if (file.byteLength < targetBytes / 4 || file.rowCount === undefined) continue;
    bytes += file.byteLength;
    rows += file.rowCount;
  }
  return rows === 0 ? undefined : bytes / rows;
}

/** What a file adds to a long one: small files are longer than their rows would be in it. */
function estimatedBytes(file: DataFile, rowBytes: number | undefined): number {
  if (rowBytes === undefined || file.rowCount === undefined) return file.byteLength;
  return Math.min(file.byteLength, file.rowCount * rowBytes);
}

/** Neighbours together, each run no longer than `bytesMax` unless one file alone is. */
function packed(
  files: readonly DataFile[],
  bytesMax: number,
  measure: (file: DataFile) => number,
): readonly (readonly DataFile[])[] {
  const runs: DataFile[][] = [];
  let bytes = Infinity;
  for (const file of files) {
    const length = measure(file);
    if (bytes + length > bytesMax || (runs.at(-1)?.length ?? 0) >= filesMax) {
      runs.push([]);
      bytes = 0;
    }
    runs.at(-1)?.push(file);
    bytes += length;
  }
  return runs;
}

function isSeveral(files: readonly DataFile[]): boolean {
  return files.length > 1;
}

function isQuiet(files: readonly DataFile[], nowMs: number): boolean {
  const times = files.map((file) => file.modifiedAtMs).toSorted((left, right) => right - left);
  const [newest = nowMs, ...before] = times;
  const seen = before.slice(0, quietGapsSeen);
  const gaps = seen.map((time, index) => (seen[index - 1] ?? newest) - time);
  const usual = gaps.toSorted((left, right) => left - right)[Math.floor(gaps.length / 2)] ?? 0;
  return nowMs - newest >= quietMs + quietGaps * usual;
}

/** 0 for the longest of the small files, 1 for those of an eighth of them … */
function tierOf(file: DataFile, targetBytes: number): number {
  const share = targetBytes / 2 / Math.max(1, file.byteLength);
  return Math.floor(Math.log(share) / Math.log(tierFactor));
}
