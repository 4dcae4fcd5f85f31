import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HeliosError, systemCode } from '../base/errors.ts';
import { Client } from './client/client.ts';
import { tokenSource } from './client/token-source.ts';
import { resolveConfig, type Config, type ConfigKey, type Origins } from './config.ts';
import type { CliContext } from './context.ts';
import { type Output } from './output.ts';
import type { SourceText } from './render/failure.ts';
import { ProgressLine } from './render/progress.ts';
import { renderTable, type TableColumn } from './render/table.ts';

/** What one run of a command works with. */
export class Scope {
  readonly context: CliContext;
  readonly output: Output;
  readonly config: Config;
  readonly origins: Origins;
  readonly client: Client;
  /** Aborts with `cancelled` at the first Ctrl+C, and when nobody reads stdout any more. */
  readonly signal: AbortSignal;

  constructor(
    context: CliContext,
    output: Output,
    settings: { config: Config; origins: Origins; signal: AbortSignal },
  ) {
    this.context = context;
    this.output = output;
    this.config = settings.config;
    this.origins = settings.origins;
    this.client = new Client(settings.config.url, tokenSource(settings.config.token, context));
    this.signal = settings.signal;
  }

  /** A path as typed, absolute. */
  path(typed: string): string {
    return resolve(this.context.workingDirectory, typed);
  }

  /** The text of a file, or of stdin for `-`. */
  async readText(file: string): Promise<SourceText> {
    if (file === '-') return { name: '<stdin>', text: await this.readStdin() };
    try {
      return { name: file, text: await readFile(this.path(file), 'utf8') };
    } catch (thrown) {
      const code = systemCode(thrown) === 'ENOENT' ? 'not_found' : 'invalid_request';
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      throw new HeliosError(code, `Can't read ${file}: ${reason}.`, { cause: thrown });
    }
  }

  async readStdin(): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.context.stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString('utf8');
  }

  /** Rows for a person, as wide as the terminal. */
  async table(
    columns: readonly TableColumn[],
    rows: readonly (readonly unknown[])[],
  ): Promise<void> {
    await this.output.data(
      renderTable(columns, rows, {
        widthMax: this.context.isStdoutTty ? this.context.columns() : undefined,
        dim: (text) => this.output.paint('dim', text),
      }),
    );
  }

  /** A progress line on stderr, where there is a terminal and no wish for quiet. */
  progressLine(): ProgressLine {
    const { context, output } = this;
    const isWanted =
      context.isStderrTty && !output.isQuiet && context.environment['TERM'] !== 'dumb';
    return new ProgressLine(
      context.clock,
      isWanted ? (text) => void context.stderr.write(text) : undefined,
    );
  }

  /** Runs what has nothing to count, with a line that it still runs. */
  async withProgress<T>(action: () => Promise<T>): Promise<T> {
    const line = this.progressLine();
    try {
      return await action();
    } finally {
      line.stop();
    }
  }

  /**
   * Asks before something that can't be undone. `conflict` where nobody can answer, or the answer
   * is no.
   */
  async confirm(question: string, isYes: boolean): Promise<void> {
    if (isYes) return;
    const { context, output } = this;
    if (!context.isStdinTty || !context.isStderrTty || output.isJson) {
      throw new HeliosError('conflict', `${question} Nobody can be asked here.`, {
        hint: 'Give --yes to go ahead.',
      });
    }
    const { confirm, isCancel } = await import('@clack/prompts');
    const answer = await confirm({
      message: question,
      initialValue: false,
      input: context.stdin,
      output: context.stderr,
      signal: this.signal,
    });
    if (isCancel(answer) || !answer) throw new HeliosError('conflict', 'Nothing was done.');
  }
}

/** Settings from flags, `HELIOS_*` and helios.yaml, with where each came from. */
export async function loadConfig(
  context: CliContext,
  flags: Readonly<Partial<Record<ConfigKey, unknown>>>,
): Promise<{ config: Config; origins: Origins }> {
  const file = await readConfigFile(join(context.workingDirectory, 'helios.yaml'));
  return await resolveConfig({ flags, environment: context.environment, file });
}

async function readConfigFile(path: string): Promise<{ name: string; text: string } | undefined> {
  try {
    return { name: 'helios.yaml', text: await readFile(path, 'utf8') };
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new HeliosError('invalid_config', `Can't read ${path}: ${reason}.`, { cause: thrown });
  }
}
