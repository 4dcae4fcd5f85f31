import { appendFile, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { asHeliosError, HeliosError, systemCode } from '../base/errors.ts';
import type { EpochMs } from '../event/record.ts';
import type { AuditCopies } from './audit-copies.ts';

/** Something that was done, or refused. */
export type AuditEntry = {
  readonly atMs: EpochMs;
  /** The request's id, as in the log and in its answer. */
  readonly id: string;
  /** Name of the token, `local`, or undefined for who wasn't let in. */
  readonly who: string | undefined;
  readonly tokenId: string | undefined;
  readonly via: string | undefined;
  readonly address: string;
  /** `POST /api/v1/pipelines/:name`, `sign in`, `ingest` … */
  readonly action: string;
  /** The address that was asked, without what may be secret in it. */
  readonly target: string;
  readonly status: number;
  /** The error's code, where it failed. */
  readonly code: string | undefined;
  /** Of a query: its SQL. */
  readonly sql: string | undefined;
  readonly durationMs: number | undefined;
  /** How many requests this line is of: ingest is counted by the minute. */
  readonly requests: number;
};

export type AuditLogOptions = {
  /** Absolute; older lines are in files beside it. */
  readonly path: string;
  readonly clock: Clock;
  readonly onProblem: (problem: HeliosError) => void;
  /** Where the lines survive this machine. */
  readonly copies?: Pick<AuditCopies, 'add' | 'newest'> | undefined;
  readonly limits?: Partial<AuditLimits> | undefined;
};

type AuditLimits = {
  /** Of one file; then another is begun. */
  readonly fileBytesMax: number;
  readonly oldFilesMax: number;
  /** What `helios.audit` shows: so many, of so many characters. */
  readonly entriesMax: number;
  readonly entriesCharactersMax: number;
  /** What may wait to be written; beyond it entries are counted, and not kept. */
  readonly waitingCharactersMax: number;
};

const defaultLimits: AuditLimits = {
  fileBytesMax: 32 * 1024 * 1024,
  oldFilesMax: 8,
  entriesMax: 10_000,
  entriesCharactersMax: 16 * 1024 * 1024,
  waitingCharactersMax: 64 * 1024 * 1024,
};

/**
 * Who did what: lines of JSON that are only ever added to. What was added is in the file within one
 * write of it; nothing waits for that, since most of it only asks.
 */
export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #limits: AuditLimits;
  /**
   * As text: an entry may hold parts of strings that are far larger, such as a request's body, and
   * would keep all of them.
   */
  readonly #newest: NewestLines;
  #waiting: string[] = [];
  #waitingCharacters = 0;
  #writing: Promise<void> | undefined;
  #fileBytes: number;
  #lost = 0;

  private constructor(options: AuditLogOptions, lines: readonly string[], fileBytes: number) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    const { entriesMax, entriesCharactersMax } = this.#limits;
    this.#newest = new NewestLines(entriesMax, entriesCharactersMax);
    for (const line of lines) this.#newest.add(line);
    this.#fileBytes = fileBytes;
  }

  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const { lines, bytes } = await readLines(options);
    return new AuditLog(options, lines, bytes);
  }

  /** Entries that could not be written, since the start. */
  get lost(): number {
    return this.#lost;
  }

  add(entry: AuditEntry): void {
    const line = JSON.stringify(entry);
    this.#newest.add(line);
    if (this.#waitingCharacters + line.length > this.#limits.waitingCharactersMax) {
      this.#lost += 1;
    } else {
      this.#waiting.push(`${line}\n`);
      this.#waitingCharacters += line.length;
    }
    this.#writing ??= this.#write();
  }

  /** The newest last. */
  entries(): readonly AuditEntry[] {
    return this.#newest.list().flatMap(parsed);
  }

  /** Waits until all that was added is in the file. */
  async settle(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const count = this.#waiting.length;
      const text = this.#waiting.join('');
      this.#waiting = [];
      this.#waitingCharacters = 0;
      try {
        await this.#makeRoom(Buffer.byteLength(text));
        await appendFile(this.#options.path, text, { mode: 0o600 });
        this.#fileBytes += Buffer.byteLength(text);
        this.#options.copies?.add(text);
      } catch (thrown) {
        this.#lost += count;
        this.#options.onProblem(notWritten(this.#options.path, count, thrown));
      }
    }
    this.#writing = undefined;
  }

  async #makeRoom(bytes: number): Promise<void> {
    const { path, clock } = this.#options;
    if (this.#fileBytes === 0 || this.#fileBytes + bytes <= this.#limits.fileBytesMax) return;
    const stamp = new Date(clock.nowMs()).toISOString().replaceAll(':', '');
    await rename(path, join(dirname(path), `${stem(path)}-${stamp}.ndjson`));
    this.#fileBytes = 0;
    const old = await oldFiles(path);
    for (const name of old.slice(0, -this.#limits.oldFilesMax)) {
      await rm(join(dirname(path), name), { force: true });
    }
  }
}

function stem(path: string): string {
  return basename(path, '.ndjson');
}

/** The oldest first: their names have their times. */
async function oldFiles(path: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path));
  return names.filter((name) => name.startsWith(`${stem(path)}-`)).toSorted();
}

/** The newest of lines, by their number and their length. */
class NewestLines {
  readonly #countMax: number;
  readonly #charactersMax: number;
  #lines: string[] = [];
  #characters = 0;

  constructor(countMax: number, charactersMax: number) {
    this.#countMax = countMax;
    this.#charactersMax = charactersMax;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#characters += line.length;
    // Cut by the half, so that it isn't copied for each.
    const isFull = this.#lines.length > 2 * this.#countMax;
    if (isFull || this.#characters > 2 * this.#charactersMax) this.#cut();
  }

  /** The oldest first. */
  list(): readonly string[] {
    this.#cut();
    return this.#lines;
  }

  #cut(): void {
    let from = this.#lines.length;
    let characters = 0;
    while (from > 0 && this.#lines.length - from < this.#countMax) {
      const { length } = this.#lines[from - 1] ?? '';
      if (characters + length > this.#charactersMax) break;
      characters += length;
      from -= 1;
    }
    this.#lines = this.#lines.slice(from);
    this.#characters = characters;
  }
}

async function readLines({
  path,
  copies,
  onProblem,
}: AuditLogOptions): Promise<{ readonly lines: readonly string[]; readonly bytes: number }> {
  try {
    const text = await readFile(path, 'utf8');
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    // A crash may have left part of a line: the next one starts behind it.
    if (last !== '') await appendFile(path, '\n');
    return { lines: readable(lines, path, onProblem), bytes: (await stat(path)).size };
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') onProblem(asHeliosError(thrown));
    const lines = await copied(copies, onProblem);
    return { lines: readable(lines, 'the copies of the audit log', onProblem), bytes: 0 };
  }
}

function readable(
  lines: readonly string[],
  place: string,
  onProblem: AuditLogOptions['onProblem'],
): readonly string[] {
  const found = lines.filter((line) => parsed(line).length > 0);
  const damaged = lines.length - found.length;
  if (damaged > 0) onProblem(unreadable(place, damaged));
  return found;
}

/** A machine that begins anew has what others did. */
async function copied(
  copies: AuditLogOptions['copies'],
  onProblem: AuditLogOptions['onProblem'],
): Promise<readonly string[]> {
  try {
    return (await copies?.newest()) ?? [];
  } catch (thrown) {
    onProblem(asHeliosError(thrown));
    return [];
  }
}

function parsed(line: string): readonly AuditEntry[] {
  try {
    return [JSON.parse(line) as AuditEntry];
  } catch {
    return [];
  }
}

function unreadable(path: string, count: number): HeliosError {
  return new HeliosError('corrupt_data', `${count} lines of ${path} can't be read.`, {
    hint: 'Lines that a crash cut are of no use; any other was changed by somebody else.',
  });
}

function notWritten(path: string, count: number, cause: unknown): HeliosError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HeliosError('storage_failed', `${count} lines of ${path} are lost: ${reason}.`, {
    hint: 'Make room on the disk, or give the folder back its rights.',
    cause,
  });
}
