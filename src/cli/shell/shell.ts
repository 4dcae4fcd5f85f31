import { createInterface, type Interface } from 'node:readline';
import { callbackify } from 'node:util';
import { HeliosError } from '../../base/errors.ts';
import type { CompleteAnswer } from '../../server/api.ts';
import { inSource, reportFailure } from '../failures.ts';
import { durationText } from '../render/numbers.ts';
import type { Scope } from '../scope.ts';
import { History, historyEntriesMax } from './history.ts';
import { runMeta, type ShellState } from './meta.ts';
import { runQuery, type OutputFormat } from './query.ts';
import { splitStatements } from './statements.ts';

/** Longer texts take longer to complete than a person waits. */
const completionCharactersMax = 10_000;

/**
 * The SQL shell: lines are collected until a semicolon ends a statement, which then runs. One
 * statement at a time; what is typed meanwhile waits.
 *
 * ```
 * Ctrl+C   a statement runs: cancels it      text is typed: throws it away
 *          nothing is typed: ends the shell the second time
 * Ctrl+D   ends the shell
 * ```
 */
export class Shell {
  readonly #scope: Scope;
  readonly #history: History;
  readonly #state: ShellState;
  #typed = '';
  #running: AbortController | undefined;
  #isLeaving = false;

  constructor(scope: Scope, format: OutputFormat) {
    this.#scope = scope;
    this.#history = new History(scope.context, (text) => scope.output.alarm(text));
    this.#state = { format, isTiming: true };
  }

  async run(): Promise<void> {
    const reader = await this.#open();
    this.#scope.output.talk('SQL ends with ; and \\? lists what else there is. Ctrl+D leaves.');
    const leave = (): void => {
      this.#running?.abort(this.#scope.signal.reason);
      reader.close();
    };
    this.#scope.signal.addEventListener('abort', leave, { once: true });
    reader.prompt();
    try {
      for await (const line of reader) {
        this.#isLeaving = false;
        if (!(await this.#take(line))) break;
        reader.setPrompt(this.#typed.trim() === '' ? 'helios> ' : '     -> ');
        reader.prompt();
      }
    } finally {
      this.#scope.signal.removeEventListener('abort', leave);
      reader.close();
    }
    this.#scope.signal.throwIfAborted();
  }

  async #open(): Promise<Interface> {
    const { context } = this.#scope;
    const reader = createInterface({
      input: context.stdin,
      output: context.stdout,
      terminal: true,
      prompt: 'helios> ',
      history: await this.#history.load(),
      historySize: historyEntriesMax,
      removeHistoryDuplicates: true,
      completer: callbackify(async (line: string) => this.#complete(line)),
    });
    reader.on('SIGINT', () => this.#interrupt(reader));
    return reader;
  }

  /** Handles one line. False: the shell ends. */
  async #take(line: string): Promise<boolean> {
    if (this.#typed.trim() === '' && line.trimStart().startsWith('\\')) {
      return this.#guard(line, async () => runMeta(this.#scope, this.#state, line.trim()));
    }
    const { statements, rest } = splitStatements(`${this.#typed}${line}\n`);
    this.#typed = rest;
    for (const { sql } of statements) {
      await this.#history.add(`${sql};`);
      const isFine = await this.#guard(sql, async () => this.#query(sql));
      // What follows a statement that failed was written in the belief that it works.
      if (!isFine) this.#typed = '';
      if (!isFine) break;
    }
    return true;
  }

  async #query(sql: string): Promise<boolean> {
    const { clock } = this.#scope.context;
    const startMs = clock.monotonicMs();
    const controller = new AbortController();
    this.#running = controller;
    try {
      await runQuery(this.#scope, sql, {
        format: this.#state.format,
        maxRows: undefined,
        timeoutMs: undefined,
        params: undefined,
        signal: controller.signal,
      });
    } finally {
      this.#running = undefined;
    }
    if (this.#state.isTiming) {
      const elapsed = durationText(clock.monotonicMs() - startMs);
      this.#scope.output.talk(this.#scope.output.paintTalk('dim', elapsed));
    }
    return true;
  }

  /**
   * Runs `action`; says what went wrong and goes on. For meta commands, false is the wish to leave.
   */
  async #guard(text: string, action: () => Promise<boolean>): Promise<boolean> {
    try {
      return await inSource({ name: 'line', text }, action);
    } catch (thrown) {
      if (this.#scope.output.isClosed) return false;
      reportFailure(thrown, this.#scope.output, false);
      return text.startsWith('\\');
    }
  }

  #interrupt(reader: Interface): void {
    if (this.#running !== undefined) {
      this.#running.abort(new HeliosError('cancelled', 'Cancelled.'));
      return;
    }
    const isEmpty = this.#typed.trim() === '' && reader.line === '';
    if (isEmpty && this.#isLeaving) {
      reader.close();
      return;
    }
    this.#typed = '';
    this.#isLeaving = isEmpty;
    this.#scope.output.talk(isEmpty ? '\nCtrl+C again leaves.' : '^C');
    reader.write(null, { ctrl: true, name: 'e' });
    reader.write(null, { ctrl: true, name: 'u' });
    reader.setPrompt('helios> ');
    reader.prompt();
  }

  async #complete(line: string): Promise<[string[], string]> {
    const text = this.#typed + line;
    if (text.length > completionCharactersMax) return [[], line];
    try {
      const { completions } = await this.#scope.client.json<CompleteAnswer>({
        method: 'POST',
        path: '/api/v1/complete',
        body: { text },
      });
      return candidates(text, completions);
    } catch {
      // No completion is the answer to a Tab that can't be answered; the statement itself will say
      // why.
      return [[], line];
    }
  }
}

/**
 * DuckDB's completions as readline takes them: all in the case of what was typed, from one place
 * on.
 */
export function candidates(
  text: string,
  completions: CompleteAnswer['completions'],
): [string[], string] {
  const start = completions[0]?.start ?? text.length;
  const typed = text.slice(start);
  const hits = completions
    .filter((completion) => completion.start === start)
    .map((completion) => completion.text)
    .filter((candidate) => candidate.toLowerCase().startsWith(typed.toLowerCase()))
    .map((candidate) => typed + candidate.slice(typed.length));
  return [hits, typed];
}
