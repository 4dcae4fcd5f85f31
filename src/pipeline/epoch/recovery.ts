import { HeliosError } from '../../base/errors.ts';
import type { PipelineDefinition } from '../../catalog/catalog.ts';
import { type Epoch, type Position, position } from '../../event/record.ts';
import type { Part, Sink } from '../../sink/sink.ts';
import type { Source } from '../../source/source.ts';
import { carriedStream, checkStateParts } from '../stream/carried-stream.ts';
import { statePartNames } from '../stream/manifest-stream.ts';
import { LiveSink } from './live-sink.ts';
import type {
  Manifest,
  ManifestPart,
  ManifestSink,
  ManifestSource,
  PositionTexts,
} from './manifest.ts';
import { fenced, type ManifestStore } from './manifest-store.ts';
import type { PartStore } from './part-store.ts';
import { replayTable } from '../replay/replay.ts';
import { replayableSince } from '../replay/replayable-since.ts';

/** Source name → partition → position read up to; undefined is the partition's beginning. */
export type ReadPositions = ReadonlyMap<string, ReadonlyMap<string, Position | undefined>>;

export type RecoveryContext = {
  readonly definition: PipelineDefinition;
  readonly sources: ReadonlyMap<string, Source>;
  /** One per output of the plan, named by its table; the quarantine's last. */
  readonly sinks: readonly { readonly table: string; readonly sink: Sink }[];
  readonly store: ManifestStore;
  readonly parts: PartStore;
  readonly incarnation: string;
  /**
   * Under which whoever opens it has run it since it was started: empty at first. A manifest of
   * another one is by a process that has taken over since.
   */
  readonly earlierIncarnations: ReadonlySet<string>;
  readonly nowMs: number;
  /** A sink id that was never used before. */
  readonly mintId: () => string;
  /** Nothing is read: there are no sources. Only where the newest manifest is of this revision. */
  readonly isAtRest: boolean;
  /** Of a pipeline that keeps state: its nodes', by name. */
  readonly identities: ReadonlyMap<string, string> | undefined;
};

type Found = { readonly manifest: Manifest; readonly hash: string };

/** Where a pipeline stands: its newest manifest, and what of it is still hot. */
export type RecoveredState = {
  readonly manifest: Manifest;
  readonly hash: string;
  readonly positions: ReadPositions;
  readonly sinks: readonly LiveSink[];
};

/**
 * Finds out where a pipeline stands; for a new one, and for one whose SQL was edited, puts the
 * manifest that everything after continues. The same for a clean start and after a crash: the
 * newest manifest says what is true, and each table's txn says which of its parts are cold. The
 * manifest it puts fences whoever ran the pipeline before; only then are files deleted that no
 * manifest names.
 */
export async function recover(context: RecoveryContext): Promise<RecoveredState> {
  await context.parts.open();
  const newest = await context.store.newest();
  checkOwner(context.earlierIncarnations, newest?.manifest);
  const isCurrent = newest?.manifest.revision === context.definition.revision;
  const next = isCurrent ? claimed(context, newest) : await begun(context, newest);
  if (!context.isAtRest) checkSources(context, next);
  await checkStateParts(next.stream, context.parts);
  const sinks: LiveSink[] = [];
  for (const [index, entry] of next.sinks.entries()) {
    const sink = context.sinks[index];
    if (sink === undefined || sink.table !== entry.table) throw mismatch(entry.table);
    const live = await reviveSink(context, sink.sink, entry, newest?.manifest.epoch ?? 0);
    live.publishedEpoch = next.epoch;
    sinks.push(live);
  }
  if (next.sinks.length !== context.sinks.length) throw mismatch('(none)');
  const hash = await context.store.put(next);
  const live = sinks.flatMap((sink) => sink.parts.map((part) => part.name));
  await context.parts.keepOnly(new Set([...live, ...statePartNames(next.stream)]));
  for (const { sink } of context.sinks) if (sink.kind === 'table') await sink.clearStaging();
  return { manifest: next, hash, positions: readPositions(next), sinks };
}

/** Who tries again after a failure doesn't take back what another process took over meanwhile. */
function checkOwner(ours: ReadonlySet<string>, newest: Manifest | undefined): void {
  if (ours.size > 0 && newest !== undefined && !ours.has(newest.incarnation)) throw fenced(newest);
}

/**
 * The pipeline goes on as it was: whoever ran it until now is fenced, and its unnamed parts are
 * orphans.
 */
function claimed(context: RecoveryContext, newest: Found): Manifest {
  const { manifest } = newest;
  const epoch = manifest.epoch + 1;
  return {
    ...manifest,
    epoch,
    incarnation: context.incarnation,
    previous: newest.hash,
    createdAtMs: context.nowMs,
    sinks: [...manifest.sinks, ...firstOutcomes(context, manifest, epoch)],
  };
}

/** The sink of replays' outcomes is there from the first replay on. */
function firstOutcomes(
  context: RecoveryContext,
  { sinks, sources }: Manifest,
  epoch: Epoch,
): readonly ManifestSink[] {
  return context.sinks
    .slice(sinks.length)
    .filter(({ table }) => table === replayTable)
    .map(({ table, sink }) => {
      const start = { sinceEpoch: epoch, start: knownTexts(sources) };
      return { ...newSink(context, table, sink), ...start, fileBytes: null };
    });
}

function checkSources(context: RecoveryContext, manifest: Manifest): void {
  for (const { name, identity } of manifest.sources) {
    const found = context.sources.get(name)?.identity;
    if (found !== identity) throw sourceReplaced(name, identity, found);
  }
}

/**
 * The first manifest of a pipeline, or of its SQL after an edit: positions carry over by table
 * name.
 */
async function begun(context: RecoveryContext, before: Found | undefined): Promise<Manifest> {
  const epoch = before === undefined ? 0 : before.manifest.epoch + 1;
  const sources = await startPositions(context.sources, before?.manifest.sources ?? []);
  return {
    format: 1,
    pipeline: context.definition.id,
    revision: context.definition.revision,
    epoch,
    incarnation: context.incarnation,
    previous: before?.hash ?? null,
    createdAtMs: context.nowMs,
    watermarkMs: before?.manifest.watermarkMs ?? null,
    bytesIn: before?.manifest.bytesIn ?? 0,
    recordsRejected: before?.manifest.recordsRejected ?? 0,
    recordsDropped: before?.manifest.recordsDropped ?? 0,
    sources,
    begin: beginOf(sources, before?.manifest),
    until: before?.manifest.until,
    recordsReplayed: before?.manifest.recordsReplayed,
    replays: before?.manifest.replays,
    replaySinceMs: replaySinceOf(context, before?.manifest, sources),
    stream: carriedStream(before?.manifest.stream, context.identities),
    sinks: context.sinks.map(({ table, sink }) => {
      const earlier = before?.manifest.sinks.find((entry) => entry.table === table);
      // What was replayed stays so whatever becomes of the rows: who discards them gives them up.
      if (table === replayTable && earlier?.tableId === sink.tableId) return earlier;
      const start = { sinceEpoch: epoch, start: knownTexts(sources) };
      return { ...newSink(context, table, sink), ...start, ...fileSoFar(sink, earlier) };
    }),
  };
}

/** Records of what a source was before can't be told from those that it has now. */
function replaySinceOf(
  context: RecoveryContext,
  before: Manifest | undefined,
  sources: readonly ManifestSource[],
): Manifest['replaySinceMs'] {
  if (before === undefined) return undefined;
  const outcomes = before.sinks.find(({ table }) => table === replayTable);
  const found = context.sinks.find(({ table }) => table === replayTable);
  const areOutcomesGone = outcomes !== undefined && outcomes.tableId !== found?.sink.tableId;
  const others = sources.filter(({ name, identity }) => {
    const known = before.sources.find((source) => source.name === name);
    return areOutcomesGone || (known !== undefined && known.identity !== identity);
  });
  return replayableSince(before, others, context.nowMs);
}

/** What is read already began where it did; what is new begins here. */
function beginOf(
  sources: readonly ManifestSource[],
  before: Manifest | undefined,
): PositionTexts | undefined {
  const here = knownTexts(sources);
  if (before === undefined) return here;
  if (before.begin === undefined) return undefined;
  const kept = before.sources.filter(({ name, identity }) =>
    sources.some((source) => source.name === name && source.identity === identity),
  );
  const earlier = kept.map(({ name }) => [name, before.begin?.[name] ?? {}] as const);
  return { ...here, ...Object.fromEntries(earlier) };
}

/** Positions of partitions that are not at their beginning. */
export function knownTexts(sources: readonly ManifestSource[]): PositionTexts {
  return Object.fromEntries(
    sources.map(({ name, positions }) => [
      name,
      Object.fromEntries(
        Object.entries(positions).flatMap(([partition, at]) =>
          at === null ? [] : [[partition, at]],
        ),
      ),
    ]),
  );
}

/** A file that is written on by edited SQL keeps what it has; a table needs no telling. */
function fileSoFar(sink: Sink, earlier: ManifestSink | undefined): Pick<ManifestSink, 'fileBytes'> {
  if (sink.kind === 'table') return { fileBytes: null };
  return { fileBytes: earlier?.tableId === sink.tableId ? earlier.fileBytes : 0 };
}

function newSink(
  context: RecoveryContext,
  table: string,
  sink: Sink,
): Omit<ManifestSink, 'sinceEpoch' | 'fileBytes' | 'start'> {
  return {
    id: `${context.definition.id}/${context.mintId()}`,
    table,
    tableId: sink.tableId,
    rowsOut: 0,
    parts: [],
    rolledEpoch: null,
    skip: null,
    newestAtMs: 0,
  };
}

async function startPositions(
  sources: ReadonlyMap<string, Source>,
  known: readonly ManifestSource[],
): Promise<readonly ManifestSource[]> {
  const result: ManifestSource[] = [];
  for (const [name, source] of sources) {
    const { identity } = source;
    const before = known.find(
      (candidate) => candidate.name === name && candidate.identity === identity,
    )?.positions;
    const positions: Record<string, string | null> = { ...before };
    if (before === undefined) {
      for (const partition of await source.partitions()) {
        positions[partition] = (await source.startPosition(partition)) ?? null;
      }
    }
    result.push({ name, identity, positions });
  }
  return result;
}

async function reviveSink(
  context: RecoveryContext,
  sink: Sink,
  entry: ManifestSink,
  epoch: Epoch,
): Promise<LiveSink> {
  if (sink.tableId !== entry.tableId) throw replaced(entry, sink);
  if (sink.kind === 'append') {
    await sink.recover(entry.fileBytes ?? 0);
    if (!context.isAtRest) await sink.prepare?.();
    return new LiveSink(sink, entry, []);
  }
  const txnEpoch = await sink.txnEpoch(entry.id);
  if (txnEpoch !== undefined && txnEpoch > epoch) throw ahead(entry, txnEpoch, epoch);
  if ((txnEpoch ?? -1) < (entry.rolledEpoch ?? -1)) throw behind(entry, sink, txnEpoch);
  const hot = entry.parts.filter((part) => part.lastEpoch > (txnEpoch ?? -1));
  const parts: Part[] = [];
  for (const part of hot) {
    if (part.firstEpoch <= (txnEpoch ?? -1)) throw straddles(entry, part);
    if (!(await context.parts.exists(part.name))) throw missing(entry, part, context.parts);
    parts.push(toPart(part, context.parts));
  }
  const live = new LiveSink(sink, entry, parts);
  live.rolledEpoch = txnEpoch;
  live.firstHotAtMs = context.nowMs;
  live.lastRowAtMs = context.nowMs;
  return live;
}

function toPart(part: ManifestPart, store: PartStore): Part {
  return {
    name: part.name,
    path: store.path(part.name),
    firstEpoch: part.firstEpoch,
    lastEpoch: part.lastEpoch,
    rowCount: part.rowCount,
    byteLength: part.byteLength,
    statsJson: part.statsJson ?? undefined,
    newestAtMs: part.newestAtMs,
  };
}

function readPositions(manifest: Manifest): ReadPositions {
  return new Map(
    manifest.sources.map((source) => [
      source.name,
      new Map(
        Object.entries(source.positions).map(([partition, text]) => [
          partition,
          text === null ? undefined : position(text),
        ]),
      ),
    ]),
  );
}

function mismatch(table: string): HeliosError {
  return new HeliosError(
    'corrupt_data',
    `The newest manifest has a sink ${table} that the SQL has not.`,
    {
      hint: 'Restore the catalog of this state, or adopt the tables with a new pipeline.',
    },
  );
}

function replaced(entry: ManifestSink, sink: Sink): HeliosError {
  return new HeliosError(
    'table_replaced',
    `The table ${entry.table} at ${sink.location} is not the one that this pipeline wrote to: ` +
      `its id is ${sink.tableId}, it was ${entry.tableId}.`,
    {
      hint:
        'Put the old table back, or stop the pipeline with --discard and start it again: ' +
        'rows that were not yet in the table are then given up.',
    },
  );
}

function behind(entry: ManifestSink, sink: Sink, txnEpoch: Epoch | undefined): HeliosError {
  return new HeliosError(
    'table_replaced',
    `The table ${entry.table} at ${sink.location} holds this pipeline's rows up to epoch ` +
      `${txnEpoch ?? 0}, but it had those up to ${entry.rolledEpoch ?? 0}: ` +
      'it was restored to an older version.',
    {
      hint:
        'Restore the newer version, or stop the pipeline with --discard and start it again: ' +
        'the rows in between, and those not yet in the table, are then given up.',
    },
  );
}

function sourceReplaced(name: string, wanted: string, found: string | undefined): HeliosError {
  return new HeliosError(
    'source_replaced',
    `${name} is not what this pipeline has read so far: it was "${wanted}", ` +
      `now it is "${found ?? 'gone'}".`,
    {
      hint:
        'Put the old one back, or choose where to go on in the new one. What was not read of the ' +
        'old one is gone.',
    },
  );
}

function ahead(entry: ManifestSink, txnEpoch: Epoch, epoch: Epoch): HeliosError {
  return new HeliosError(
    'corrupt_data',
    `The table ${entry.table} holds epoch ${txnEpoch}, but the newest manifest is ${epoch}: ` +
      'the state directory is older than the table.',
    {
      hint: 'Restore the newest state directory, or adopt the table with a new pipeline (--adopt).',
    },
  );
}

function straddles(entry: ManifestSink, part: ManifestPart): HeliosError {
  return new HeliosError(
    'corrupt_data',
    `Part ${part.name} of ${entry.table} lies on both sides of the table's epoch.`,
    { hint: 'Restore the state directory from a copy; nothing was written.' },
  );
}

function missing(entry: ManifestSink, part: ManifestPart, store: PartStore): HeliosError {
  return new HeliosError(
    'corrupt_data',
    `Part ${part.name} with ${part.rowCount} rows of ${entry.table} is missing ` +
      `in ${store.directory}.`,
    {
      hint: 'Restore the file, or stop the pipeline with --discard to go on without these rows.',
    },
  );
}
