import { HeliosError } from '../../base/errors.ts';
import { crashPoint } from '../../base/crash-point.ts';
import type { Replacement } from '../../delta/delta.ts';
import type { DeltaTable } from '../../delta/table.ts';
import { withTimesOf } from '../../delta/local-times.ts';
import type { Schema } from '../../event/schema.ts';
import type { Bin, Choice } from './choose-files.ts';
import { leaveNote, type NoteContext } from './leftovers.ts';
import { type NewFile, rewriteBin, type RewriteContext } from './rewrite-bin.ts';

export type CompactionContext = RewriteContext &
  NoteContext & {
    readonly delta: DeltaTable;
    readonly nowMs: () => number;
    readonly monotonicMs: () => number;
    readonly onProgress: (progress: CompactionProgress) => void;
  };

export type CompactionOptions = {
  readonly targetBytes: number;
  readonly copyOptions: string;
  readonly compression: string;
  readonly sortBy: readonly string[];
};

export type CompactionProgress = { readonly filesDone: number; readonly filesTotal: number };

export type CompactionResult = {
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly rows: number;
  readonly commits: number;
  /** The version of the last commit; undefined when there was none. */
  readonly version: number | undefined;
  /** Files that somebody else removed meanwhile, so that they were rewritten for nothing. */
  readonly filesLost: number;
  /** Why files were left as they are. */
  readonly refusals: readonly HeliosError[];
};

/** One commit takes so many files away, or so many bytes, at most; one bin at least. */
const filesPerCommit = 1000;
const bytesPerCommit = 1024 * 1024 * 1024;

/** Merges the files of each bin, a few bins a commit. */
export async function compact(
  context: CompactionContext,
  choice: Choice,
  options: CompactionOptions,
): Promise<CompactionResult> {
  const sum = new Sum();
  const filesTotal = choice.bins.reduce((count, bin) => count + bin.files.length, 0);
  let filesDone = 0;
  for (const bins of commitsOf(choice.bins)) {
    context.signal.throwIfAborted();
    const onDone = (bin: Bin): void => {
      filesDone += bin.files.length;
      context.onProgress({ filesDone, filesTotal });
    };
    await compactBins(context, { bins, options, onDone }, sum);
  }
  return sum.result();
}

function commitsOf(bins: readonly Bin[]): readonly (readonly Bin[])[] {
  const commits: Bin[][] = [];
  let [files, bytes] = [Infinity, Infinity];
  for (const bin of bins) {
    const length = bin.files.reduce((sum, file) => sum + file.byteLength, 0);
    if (files + bin.files.length > filesPerCommit || bytes + length > bytesPerCommit) {
      commits.push([]);
      [files, bytes] = [0, 0];
    }
    commits.at(-1)?.push(bin);
    files += bin.files.length;
    bytes += length;
  }
  return commits;
}

type Work = {
  readonly bins: readonly Bin[];
  readonly options: CompactionOptions;
  readonly onDone: (bin: Bin) => void;
};

/** One commit; what can't be rewritten stays out of it. */
async function compactBins(context: CompactionContext, work: Work, sum: Sum): Promise<void> {
  const { schema, partitionColumns, metadata } = context.delta.state();
  const stored = withTimesOf(schema, metadata.schemaString, { takesNew: false });
  const columns = stored.filter(({ name }) => !partitionColumns.includes(name));
  const replacements: Replacement[] = [];
  const notes: string[] = [];
  for (const bin of work.bins) {
    const startMs = context.monotonicMs();
    try {
      replacements.push(await rewriteOne(context, { bin, columns, ...work }, notes));
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      sum.refusals.push(thrown);
    }
    work.onDone(bin);
    await context.pace.rest(context.monotonicMs() - startMs, context.signal);
  }
  if (replacements.length > 0) await commit(context, { schema, replacements, ...work }, sum);
  for (const note of notes) await context.storage.delete(note);
}

async function rewriteOne(
  context: CompactionContext,
  { bin, columns, options }: Work & { readonly bin: Bin; readonly columns: Schema },
  notes: string[],
): Promise<Replacement> {
  const { sortBy, targetBytes, copyOptions, compression } = options;
  const sort = sortBy.length === 0 ? undefined : { columns: sortBy, fileBytes: targetBytes };
  const plan = { bin, columns, copyOptions, compression, sort };
  return await rewriteBin(context, plan, async (files) => {
    notes.push(
      await leaveNote(context, {
        files: files.map(({ path }) => path),
        replaced: bin.files.map(({ path }) => path),
      }),
    );
    for (const file of files) await store(context, file);
    crashPoint('after-compacted-file');
    const modifiedAtMs = context.nowMs();
    const { partitionValues } = bin;
    const adds = files.map(({ path, byteLength, statsJson }) => ({
      ...{ path, partitionValues, byteLength, modifiedAtMs, statsJson },
    }));
    return { removes: bin.files, adds };
  });
}

async function store({ storage, pace, signal }: CompactionContext, file: NewFile): Promise<void> {
  await pace.request(signal);
  await storage.putFile(file.path, file.localPath);
}

async function commit(
  context: CompactionContext,
  work: Work & { readonly schema: Schema; readonly replacements: readonly Replacement[] },
  sum: Sum,
): Promise<void> {
  const { replacements, options } = work;
  const { committed, snapshot } = await context.delta.rewrite({
    operation: 'OPTIMIZE',
    operationParameters: {
      predicate: '[]',
      zOrderBy: '[]',
      auto: 'false',
      targetSize: String(options.targetBytes),
      sortBy: JSON.stringify(options.sortBy),
    },
    fileSchema: work.schema,
    replacements,
  });
  crashPoint('after-compaction');
  if (committed.length > 0) sum.add(committed, snapshot.version);
  for (const lost of replacements.filter((one) => !committed.includes(one))) {
    sum.filesLost += lost.removes.length;
    for (const { path } of lost.adds) await context.storage.delete(path);
  }
}

/** Files that are as they are; everything else may pass. */
function isRefusal(thrown: unknown): thrown is HeliosError {
  return (
    thrown instanceof HeliosError &&
    (thrown.code === 'unsupported_table' || thrown.code === 'corrupt_data')
  );
}

/** What the commits of a run did together. */
class Sum {
  readonly refusals: HeliosError[] = [];
  filesLost = 0;
  #filesBefore = 0;
  #filesAfter = 0;
  #bytesBefore = 0;
  #bytesAfter = 0;
  #rows = 0;
  #commits = 0;
  #version: number | undefined;

  add(committed: readonly Replacement[], version: number): void {
    this.#commits++;
    this.#version = version;
    for (const { removes, adds } of committed) {
      this.#filesBefore += removes.length;
      this.#filesAfter += adds.length;
      this.#bytesBefore += removes.reduce((sum, file) => sum + file.byteLength, 0);
      this.#bytesAfter += adds.reduce((sum, file) => sum + file.byteLength, 0);
      this.#rows += removes.reduce((sum, file) => sum + (file.rowCount ?? 0), 0);
    }
  }

  result(): CompactionResult {
    return {
      filesBefore: this.#filesBefore,
      filesAfter: this.#filesAfter,
      bytesBefore: this.#bytesBefore,
      bytesAfter: this.#bytesAfter,
      rows: this.#rows,
      commits: this.#commits,
      version: this.#version,
      filesLost: this.filesLost,
      refusals: this.refusals,
    };
  }
}
