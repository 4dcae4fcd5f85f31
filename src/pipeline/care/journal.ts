import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { HeliosError, systemCode } from '../../base/errors.ts';
import type { CheckpointRun } from '../../delta/log/write-checkpoint.ts';
import type { EpochMs } from '../../event/record.ts';
import type { SystemRow } from '../tables/system-tables.ts';

/** `look`: whether our own commits are still what they were. */
export type MaintenanceAction =
  | 'optimize'
  | 'checkpoint'
  | 'vacuum'
  | 'clean up'
  | 'restore'
  | 'look';

/** One thing that was done for a table, or tried. */
export type MaintenanceRun = {
  readonly table: string;
  readonly action: MaintenanceAction;
  /** Why it was done. */
  readonly reason: string;
  readonly startedAtMs: EpochMs;
  readonly durationMs: number;
  /** `skipped`: there is something in the way that doesn't pass by itself. */
  readonly outcome: 'done' | 'skipped' | 'failed';
  /** The table's version afterwards, where the run made one. */
  readonly version: number | undefined;
  /** Of those that were replaced, deleted, or put in their place. */
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly rows: number | undefined;
  /** What else there is to say. */
  readonly detail: string | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
};

/** What a run says that did nothing of the kind. */
export const nothingDone: Pick<
  MaintenanceRun,
  'version' | 'filesBefore' | 'filesAfter' | 'bytesBefore' | 'bytesAfter' | 'rows' | 'detail'
> = {
  ...{ version: undefined, filesBefore: 0, filesAfter: 0, bytesBefore: 0, bytesAfter: 0 },
  ...{ rows: undefined, detail: undefined },
};

/** What `helios.maintenance` shows. */
const runsMax = 1000;

/** The newest runs, also of the process before this one. */
export class Journal {
  readonly #path: string;
  #runs: MaintenanceRun[];
  #linesInFile: number;
  #writing: Promise<void> = Promise.resolve();
  readonly #onProblem: (problem: HeliosError) => void;

  private constructor(
    path: string,
    runs: MaintenanceRun[],
    onProblem: (problem: HeliosError) => void,
  ) {
    this.#path = path;
    this.#runs = runs;
    this.#linesInFile = runs.length;
    this.#onProblem = onProblem;
  }

  static async open(path: string, onProblem: (problem: HeliosError) => void): Promise<Journal> {
    return new Journal(path, await readRuns(path), onProblem);
  }

  add(run: MaintenanceRun): void {
    this.#runs.push(run);
    if (this.#runs.length > runsMax) this.#runs = this.#runs.slice(-runsMax);
    this.#writing = this.#writing.then(async () => await this.#write(run));
  }

  /** The newest last. */
  runs(): readonly MaintenanceRun[] {
    return this.#runs;
  }

  newestOf(table: string, action: MaintenanceAction): MaintenanceRun | undefined {
    return this.#runs.findLast((run) => run.table === table && run.action === action);
  }

  /** Waits until what was added is in the file. */
  async settle(): Promise<void> {
    await this.#writing;
  }

  async #write(run: MaintenanceRun): Promise<void> {
    try {
      await appendFile(this.#path, `${JSON.stringify(run)}\n`);
      this.#linesInFile++;
      if (this.#linesInFile > 2 * runsMax) await this.#shorten();
    } catch (thrown) {
      // What was done is done: only the account of it is missing after the next start.
      this.#onProblem(
        new HeliosError('storage_failed', `Can't write ${this.#path}: ${String(thrown)}`, {
          hint: 'helios.maintenance will lack runs after the next start.',
          cause: thrown,
        }),
      );
    }
  }

  async #shorten(): Promise<void> {
    const runs = this.#runs;
    const next = `${this.#path}.new`;
    await writeFile(next, runs.map((run) => `${JSON.stringify(run)}\n`).join(''));
    await rename(next, this.#path);
    this.#linesInFile = runs.length;
  }
}

/** A checkpoint of a table, and what it made the log forget. */
export function checkpointRun(table: string, checkpoint: CheckpointRun): MaintenanceRun {
  const { version, startedAtMs, durationMs, logFilesDeleted, error } = checkpoint;
  return {
    ...nothingDone,
    ...{ table, action: 'checkpoint', reason: 'enough was committed since the last one' },
    ...{ startedAtMs, durationMs, version },
    outcome: error === undefined ? 'done' : 'failed',
    detail: `${logFilesDeleted} files of the log that nobody needs were deleted`,
    error: error && { code: error.code, message: error.message },
  };
}

/** Rows of `helios.maintenance`. */
export function maintenanceRows(runs: readonly MaintenanceRun[]): readonly SystemRow[] {
  return runs.map((run) => ({
    started_at: run.startedAtMs,
    table_name: run.table,
    action: run.action,
    reason: run.reason,
    outcome: run.outcome,
    duration_ms: run.durationMs,
    version: run.version ?? null,
    files_before: run.filesBefore,
    files_after: run.filesAfter,
    bytes_before: run.bytesBefore,
    bytes_after: run.bytesAfter,
    rows: run.rows ?? null,
    detail: run.detail ?? null,
    error_code: run.error?.code ?? null,
    error_message: run.error?.message ?? null,
  }));
}

/** A line that a crash cut short is left out. */
async function readRuns(path: string): Promise<MaintenanceRun[]> {
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    if (systemCode(thrown) === 'ENOENT') return '';
    throw thrown;
  });
  return text
    .split('\n')
    .flatMap((line) => parseRun(line))
    .slice(-runsMax);
}

function parseRun(line: string): MaintenanceRun[] {
  try {
    const run: unknown = JSON.parse(line);
    const isRun = typeof Object(run).table === 'string' && typeof Object(run).action === 'string';
    // Written by `add` of this file alone.
    return isRun ? [run as MaintenanceRun] : [];
  } catch {
    return [];
  }
}
