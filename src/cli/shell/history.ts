import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../../base/errors.ts';
import type { CliContext } from '../context.ts';

/** Older statements are forgotten when the shell starts. */
export const historyEntriesMax = 1_000;

/**
 * The statements that were typed before, in a file that only its owner can read: SQL holds secrets
 * at times.
 */
export class History {
  readonly #path: string;
  readonly #warn: (text: string) => void;

  constructor(context: CliContext, warn: (text: string) => void) {
    const given = context.environment['XDG_STATE_HOME'];
    const state =
      given === undefined || given === '' ? join(context.homeDirectory, '.local', 'state') : given;
    this.#path = join(state, 'helios', 'sql_history');
    this.#warn = warn;
  }

  /** Newest first, as readline wants them. Nothing where there is no file. */
  async load(): Promise<string[]> {
    try {
      const lines = (await readFile(this.#path, 'utf8')).split('\n').filter((line) => line !== '');
      const kept = lines.slice(-historyEntriesMax);
      if (kept.length < lines.length) await this.#write(`${kept.join('\n')}\n`);
      return kept.toReversed();
    } catch (thrown) {
      if (systemCode(thrown) !== 'ENOENT') this.#complain(thrown);
      return [];
    }
  }

  /**
   * Keeps a statement, on one line. One with a line comment has no such form, and keeps its lines.
   */
  async add(statement: string): Promise<void> {
    const text = statement.includes('--') ? statement : statement.replaceAll(/\s*\n\s*/g, ' ');
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await appendFile(this.#path, `${text}\n`, { mode: 0o600 });
    } catch (thrown) {
      this.#complain(thrown);
    }
  }

  async #write(text: string): Promise<void> {
    await writeFile(this.#path, text, { mode: 0o600 });
  }

  #complain(thrown: unknown): void {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    this.#warn(`No history: ${reason}`);
  }
}
