import { HeliosError } from '../../base/errors.ts';
import { type Epoch, type Position, position } from '../../event/record.ts';
import type { AppTransaction } from '../../delta/delta.ts';
import type { Source } from '../../source/source.ts';
import type { Storage } from '../../storage/storage.ts';
import type { SinkFacts } from '../epoch/live-sink.ts';
import type { ManifestSource, PositionTexts } from '../epoch/manifest.ts';
import { knownTexts } from '../epoch/recovery.ts';
import { retainedStarts } from './retained-starts.ts';

/**
 * What a sink leaves beside each commit, `_helios/<sink id>/<to>.json`: how far its pipeline had
 * read at epoch `to`, and which of the pipeline's other sinks had all their rows in their tables
 * then.
 */
export type RollNote = {
  readonly pipeline: string;
  readonly sources: readonly ManifestSource[];
  readonly sinks: readonly SinkFacts[];
  readonly sink: string;
  readonly to: Epoch;
};

/** A table that the pipeline to be adopted writes to. */
export type AdoptedTable = {
  readonly name: string;
  readonly storage: Storage;
  /** What its newest version says of how far sinks are. */
  readonly delta: {
    refresh(): Promise<TableFacts>;
    snapshot(): TableFacts;
  };
};

type TableFacts = {
  readonly tableId: string;
  readonly transactions: ReadonlyMap<string, AppTransaction>;
};

/** What a sink goes on from. */
export type AdoptedSink = {
  readonly id: string;
  readonly rolledEpoch: Epoch | undefined;
  readonly skip: PositionTexts | null;
  readonly start: PositionTexts;
};

export type Adoption = {
  /** Greater than every epoch of which the tables know. */
  readonly epoch: Epoch;
  readonly sources: readonly ManifestSource[];
  /** In the order of the tables. */
  readonly sinks: readonly AdoptedSink[];
};

export type AdoptionRequest = {
  readonly pipeline: string;
  readonly tables: readonly AdoptedTable[];
  readonly sources: ReadonlyMap<string, Source>;
  /** For a sink that the notes don't know: something that was never used before. */
  readonly newId: () => string;
  /** Records that no table has may be gone from the sources. */
  readonly isAllowingSkips: boolean;
};

/**
 * Finds out from the tables alone how far a pipeline had got whose state is lost. Reading starts,
 * for each partition, where the sink stands that is furthest behind; the others leave out what they
 * have.
 */
export async function adopt(request: AdoptionRequest): Promise<Adoption> {
  const { tables, sources } = request;
  const notes = await validNotes(request);
  const newest = notes.at(-1);
  if (newest === undefined) throw nothingLeft(request);
  for (const note of notes) checkIdentities(note, sources);
  const reached = tables.map((table) => sinkReached(table, notes, sources));
  const starts = await retainedStarts(await startPositions(sources, reached), request);
  const epochs = reached.map((sink) => sink?.rolledEpoch ?? 0);
  const skips: (PositionTexts | null)[] = [];
  for (const sink of reached) {
    skips.push(sink === undefined ? null : await skipOf(sink.positions, starts, sources));
  }
  return {
    epoch: Math.max(newest.note.to, ...epochs) + 1,
    sources: starts,
    sinks: reached.map((sink, index) => ({
      id: sink?.id ?? `${lifeOf(newest.note.sink)}/${request.newId()}`,
      rolledEpoch: sink?.rolledEpoch,
      skip: skips[index] ?? null,
      start: sink?.start ?? knownTexts(starts),
    })),
  };
}

type ValidNote = { readonly note: RollNote; readonly updatedAtMs: number };

/** Notes that the tables' txn bear out, the newest last; all of the pipeline's last life. */
async function validNotes({ pipeline, tables }: AdoptionRequest): Promise<readonly ValidNote[]> {
  const notes: ValidNote[] = [];
  for (const { storage, delta } of tables) {
    const { transactions } = await delta.refresh();
    for (const note of await notesUnder(storage)) {
      const txn = transactions.get(note.sink);
      const isOurs = note.pipeline.toLowerCase() === pipeline.toLowerCase();
      if (!isOurs || txn?.version !== note.to) continue;
      notes.push({ note, updatedAtMs: txn.lastUpdatedMs ?? 0 });
    }
  }
  const sorted = notes.toSorted(
    (left, right) => left.updatedAtMs - right.updatedAtMs || left.note.to - right.note.to,
  );
  const life = lifeOf(sorted.at(-1)?.note.sink);
  return sorted.filter(({ note }) => lifeOf(note.sink) === life);
}

/**
 * Sink ids begin with the id of their pipeline: one that was made anew under its name is another.
 */
function lifeOf(sinkId: string | undefined): string | undefined {
  return sinkId?.split('/')[0];
}

async function notesUnder(storage: Storage): Promise<readonly RollNote[]> {
  const notes: RollNote[] = [];
  for await (const { path } of storage.list('_helios/')) {
    if (!/\/\d{20}\.json$/.test(path)) continue;
    const note = parseNote(await storage.read(path), `${storage.location}/${path}`);
    if (note !== undefined) notes.push(note);
  }
  return notes;
}

/** Undefined for a listing of raw files that has no rows. */
function parseNote(bytes: Uint8Array, path: string): RollNote | undefined {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  const isObject = typeof value === 'object' && value !== null;
  const isNote = isObject && 'sources' in value && 'sinks' in value;
  if (isNote) return value as RollNote;
  if (isObject && 'cancels' in value) return undefined;
  throw new HeliosError('corrupt_data', `${path} is not a note of a pipeline.`, {
    hint: 'It was left by a newer or older Helios: adopt with that one, or create without --adopt.',
  });
}

type Reached = {
  readonly id: string;
  readonly rolledEpoch: Epoch | undefined;
  readonly positions: PositionTexts;
  readonly start: PositionTexts;
};

/**
 * How far a sink is, by the newest note that vouches for it: its own, or another sink's that saw it
 * with nothing hot. One that has never rolled is where it began. Undefined: no note knows it.
 */
function sinkReached(
  { name, delta }: AdoptedTable,
  notes: readonly ValidNote[],
  sources: ReadonlyMap<string, Source>,
): Reached | undefined {
  const { tableId, transactions } = delta.snapshot();
  const newestFirst = notes.map(({ note }) => note).toSorted((left, right) => right.to - left.to);
  const facts = newestFirst
    .flatMap((note) => note.sinks)
    .find((sink) => sink.tableId === tableId && sink.table === name);
  if (facts === undefined) return undefined;
  const { id, start } = facts;
  const rolledEpoch = transactions.get(id)?.version;
  for (const note of newestFirst) {
    const seen = note.sinks.find((sink) => sink.id === id);
    if (seen === undefined) continue;
    const isComplete = !seen.isHot && (seen.rolledEpoch ?? undefined) === rolledEpoch;
    if (note.sink !== id && !isComplete) continue;
    const positions = furthest(knownTexts(note.sources), seen.skip ?? {}, sources);
    return { id, rolledEpoch, positions, start };
  }
  return { id, rolledEpoch, positions: start, start };
}

/** While an adopted sink leaves out what it has, it has more than was read. */
function furthest(
  read: PositionTexts,
  skip: PositionTexts,
  sources: ReadonlyMap<string, Source>,
): PositionTexts {
  const result: Record<string, Record<string, string>> = {};
  for (const [name, source] of sources) {
    const partitions = { ...read[name] };
    for (const [partition, at] of Object.entries(skip[name] ?? {})) {
      const before = positionIn(partitions, partition);
      if (source.compare(position(at), before) > 0) partitions[partition] = at;
    }
    if (name in read || name in skip) result[name] = partitions;
  }
  return result;
}

/** A sink that no note knows begins where the others' reading does. */
async function startPositions(
  sources: ReadonlyMap<string, Source>,
  reached: readonly (Reached | undefined)[],
): Promise<readonly ManifestSource[]> {
  const result: ManifestSource[] = [];
  for (const [name, source] of sources) {
    const known = reached.flatMap((sink) => (sink === undefined ? [] : [sink.positions[name]]));
    const isNew = known.every((one) => one === undefined);
    const partitions = new Set([
      ...(await source.partitions()),
      ...known.flatMap((one) => Object.keys(one ?? {})),
    ]);
    const positions: Record<string, string | null> = {};
    for (const partition of partitions) {
      positions[partition] = isNew
        ? ((await source.startPosition(partition)) ?? null)
        : least(
            source,
            known.map((one) => positionIn(one, partition)),
          );
    }
    result.push({ name, identity: source.identity, positions });
  }
  return result;
}

function positionIn(
  positions: Readonly<Record<string, string | null>> | undefined,
  partition: string,
): Position | undefined {
  const text = positions?.[partition] ?? undefined;
  return text === undefined ? undefined : position(text);
}

/** Null is the partition's beginning. */
function least(source: Source, positions: readonly (Position | undefined)[]): string | null {
  const known = positions.filter((at) => at !== undefined);
  if (known.length < positions.length) return null;
  return known.toSorted((left, right) => source.compare(left, right))[0] ?? null;
}

/** What a sink has beyond where reading starts; null when that is nothing. */
async function skipOf(
  reached: PositionTexts,
  starts: readonly ManifestSource[],
  sources: ReadonlyMap<string, Source>,
): Promise<PositionTexts | null> {
  const skip: Record<string, Readonly<Record<string, string>>> = {};
  for (const { name, positions } of starts) {
    const source = sources.get(name);
    const beyond = new Map<string, Position>();
    for (const partition of Object.keys(positions)) {
      const at = positionIn(reached[name], partition);
      if (at === undefined || source === undefined) continue;
      if (source.compare(at, positionIn(positions, partition)) > 0) beyond.set(partition, at);
    }
    if (beyond.size === 0) continue;
    skip[name] = Object.fromEntries((await source?.readingEnds?.(beyond)) ?? beyond);
  }
  return Object.keys(skip).length === 0 ? null : skip;
}

function checkIdentities({ note }: ValidNote, sources: ReadonlyMap<string, Source>): void {
  for (const { name, identity } of note.sources) {
    const found = sources.get(name)?.identity;
    if (found === undefined || found === identity) continue;
    throw new HeliosError(
      'conflict',
      `${name} is not what the lost pipeline read: that was "${identity}", this is "${found}". ` +
        'Where reading stood there means nothing here.',
      {
        hint:
          'Create the pipeline without --adopt: all of the new source is then read, and records ' +
          'that were sent to both, and are in the tables already, are there twice.',
      },
    );
  }
}

function nothingLeft({ pipeline, tables }: AdoptionRequest): HeliosError {
  const names = tables.map(({ name }) => name).join(', ');
  return new HeliosError(
    'not_found',
    `There is nothing to adopt: under ${names} lies no note of a pipeline named ${pipeline} that ` +
      "agrees with the table's last commit.",
    {
      hint:
        "Use the lost pipeline's name, or create it without --adopt: it then reads from the " +
        'start.',
    },
  );
}
