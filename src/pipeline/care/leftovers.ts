import { randomUUID } from 'node:crypto';
import type { DeltaTable } from '../../delta/table.ts';
import type { Storage } from '../../storage/storage.ts';

/** Notes of runs that have not ended. */
const folder = '_helios/care/';

export type NoteContext = {
  readonly storage: Storage;
  readonly delta: DeltaTable;
  /** Of this process. */
  readonly run: string;
  /** Of this data directory, which one process at a time has. */
  readonly home: string;
};

/** What a run is about to do. */
export type RunNote = {
  /** Files that it stores. */
  readonly files: readonly string[];
  /** Live files of the table that those take the place of. */
  readonly replaced: readonly string[];
};

export type LeftoverCount = {
  /** Files. */
  readonly deleted: number;
  /** Notes of runs that may still commit. */
  readonly waiting: number;
};

/**
 * Says which files a run is about to store, and gives the note's path: who finds the note of a run
 * that died knows which files are nobody's. Deleted by the run itself when it has committed.
 */
export async function leaveNote(
  { storage, run, home }: NoteContext,
  { files, replaced }: RunNote,
): Promise<string> {
  const path = `${folder}${randomUUID()}.json`;
  await storage.put(path, Buffer.from(`${JSON.stringify({ run, home, files, replaced })}\n`));
  return path;
}

/** Deletes files that runs before this one stored and can't commit any more. */
export async function deleteLeftovers(context: NoteContext): Promise<LeftoverCount> {
  const { storage, delta } = context;
  const count = { deleted: 0, waiting: 0 };
  for await (const { path } of storage.list(folder)) {
    const note = parseNote(await storage.read(path));
    if (note === undefined) continue;
    await delta.refresh();
    if (isOver(context, note)) {
      count.deleted += await deleteFiles(context, note);
      await storage.delete(path);
    } else count.waiting++;
  }
  return count;
}

async function deleteFiles({ storage, delta }: NoteContext, note: Note): Promise<number> {
  const state = delta.state();
  let count = 0;
  for (const file of note.files) {
    const isNamed = state.hasFile(file) || state.tombstones.has(file);
    if (isNamed || (await storage.stat(file)) === undefined) continue;
    await storage.delete(file);
    count++;
  }
  return count;
}

/**
 * Whether the run that left a note can't commit any more, however long it sleeps or its put is on
 * the way: a commit holds only while all that it replaces is live. On the disk of the one data
 * directory that it was of, it is dead.
 */
function isOver({ storage, run, home, delta }: NoteContext, note: Note): boolean {
  if (note.run !== run && note.home === home && storage.kind === 'file') return true;
  const state = delta.state();
  return note.replaced.some((file) => !state.hasFile(file));
}

type Note = RunNote & { readonly run: string; readonly home: string };

/** Undefined for what is no note: it is left alone. */
function parseNote(bytes: Uint8Array): Note | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const { run, home, files, replaced } = Object(value) as Partial<Record<keyof Note, unknown>>;
    const isNote = typeof run === 'string' && typeof home === 'string';
    if (!isNote || !isTexts(files) || !isTexts(replaced)) return undefined;
    return { run, home, files, replaced };
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
