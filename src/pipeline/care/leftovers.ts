import { randomUUID } from 'node:crypto';
import type { DeltaTable } from '../../delta/table.ts';
import type { Storage } from '../../storage/storage.ts';

/** Notes of runs that have not ended. */
const folder = '_helios/care/';

/**
 * A put that a process began before it died may still arrive at a store, and so may a commit that
 * names the files: this long after.
 */
const graceMs = 15 * 60 * 1000;

export type NoteContext = {
  readonly storage: Storage;
  readonly delta: DeltaTable;
  /** Of this process. */
  readonly run: string;
  /** Of this data directory, which one process at a time has. */
  readonly home: string;
  readonly nowMs: () => number;
};

/**
 * Says which files a run is about to store, and gives the note's path: who finds the note of a run
 * that died knows which files are nobody's. Deleted by the run itself when it has committed.
 */
export async function leaveNote(
  { storage, run, home }: NoteContext,
  files: readonly string[],
): Promise<string> {
  const path = `${folder}${randomUUID()}.json`;
  await storage.put(path, Buffer.from(`${JSON.stringify({ run, home, files })}\n`));
  return path;
}

/** Deletes files that runs before this one stored and never committed; gives their number. */
export async function deleteLeftovers(context: NoteContext): Promise<number> {
  const { storage, delta } = context;
  let count = 0;
  for await (const { path, modifiedAtMs } of storage.list(folder)) {
    const note = parseNote(await storage.read(path));
    if (note === undefined || !isOver(context, note, modifiedAtMs)) continue;
    await delta.refresh();
    const state = delta.state();
    for (const file of note.files) {
      const isNamed = state.hasFile(file) || state.tombstones.has(file);
      if (isNamed || (await storage.stat(file)) === undefined) continue;
      await storage.delete(file);
      count++;
    }
    await storage.delete(path);
  }
  return count;
}

/** Whether the run that left a note can't commit any more. */
function isOver(context: NoteContext, note: Note, modifiedAtMs: number): boolean {
  const { storage, run, home, nowMs } = context;
  if (note.run !== run && note.home === home && storage.kind === 'file') return true;
  return nowMs() - modifiedAtMs > graceMs;
}

type Note = { readonly run: string; readonly home: string; readonly files: readonly string[] };

/** Undefined for what is no note: it is left alone. */
function parseNote(bytes: Uint8Array): Note | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const { run, home, files } = Object(value) as Partial<Record<keyof Note, unknown>>;
    if (typeof run !== 'string' || typeof home !== 'string' || !Array.isArray(files)) {
      return undefined;
    }
    return { run, home, files: files.filter((file) => typeof file === 'string') };
  } catch {
    return undefined;
  }
}
