import { styleText } from 'node:util';
import { once } from 'node:events';
import { systemCode } from '../base/errors.ts';
import type { CliContext } from './context.ts';

export type Look = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export type OutputOptions = {
  /** One JSON object with `"v":1` instead of text for people. */
  readonly isJson: boolean;
  /** Only data and errors. */
  readonly isQuiet: boolean;
  readonly isPlain: boolean;
};

/** Thrown when nobody reads stdout any more (`| head`): the command ends, and that is no error. */
export class StdoutClosed extends Error {
  override readonly name = 'StdoutClosed';
}

/** stdout is data, stderr is talk. */
export class Output {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isDataColored: boolean;
  readonly isTalkColored: boolean;
  readonly #context: CliContext;
  #isClosed = false;
  readonly #closed: (() => void)[] = [];

  constructor(context: CliContext, options: OutputOptions) {
    this.#context = context;
    this.isJson = options.isJson;
    this.isQuiet = options.isQuiet;
    this.isDataColored = wantsColor(context, options.isPlain, context.isStdoutTty);
    this.isTalkColored = wantsColor(context, options.isPlain, context.isStderrTty);
    // Stays: a broken pipe that is reported late must not become an uncaught error.
    context.stdout.on('error', (thrown) => this.#failed(thrown));
  }

  /** Calls `listener` once when nobody reads stdout any more. */
  onClosed(listener: () => void): void {
    this.#closed.push(listener);
  }

  /** Writes to stdout as it is; waits where the reader is slow. */
  async data(bytes: string | Uint8Array): Promise<void> {
    if (this.#isClosed) throw new StdoutClosed();
    if (this.#context.stdout.write(bytes)) return;
    try {
      await once(this.#context.stdout, 'drain');
    } catch (thrown) {
      throw isBrokenPipe(thrown) ? new StdoutClosed() : thrown;
    }
  }

  /** A line of data. */
  async line(text: string): Promise<void> {
    await this.data(`${text}\n`);
  }

  /** One JSON object on stdout, versioned. */
  async json(value: Readonly<Record<string, unknown>>): Promise<void> {
    await this.line(JSON.stringify({ v: 1, ...value }));
  }

  /** A line for the person, unless they want quiet. */
  talk(text: string): void {
    if (!this.isQuiet) this.alarm(text);
  }

  /** A line for the person even if they want quiet. */
  alarm(text: string): void {
    this.#context.stderr.write(`${text}\n`);
  }

  /** `text` in colour on stdout, where that is wanted. */
  paint(look: Look, text: string): string {
    return this.isDataColored ? styled(look, text) : text;
  }

  /** `text` in colour on stderr, where that is wanted. */
  paintTalk(look: Look, text: string): string {
    return this.isTalkColored ? styled(look, text) : text;
  }

  /** Whether the reader of stdout has gone. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  #failed(thrown: unknown): void {
    if (!isBrokenPipe(thrown)) throw thrown;
    this.#isClosed = true;
    for (const listener of this.#closed) listener();
  }
}

function styled(look: Look, text: string): string {
  return styleText(look, text, { validateStream: false });
}

function isBrokenPipe(thrown: unknown): boolean {
  const code = systemCode(thrown);
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

/**
 * FORCE_COLOR over NO_COLOR over TERM=dumb over what the stream is (no-color.org, force-color.org).
 */
function wantsColor(context: CliContext, isPlain: boolean, isTty: boolean): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: terminal } = context.environment;
  if (isPlain) return false;
  if (force !== undefined && force !== '') return force !== '0';
  if (no !== undefined && no !== '') return false;
  return isTty && terminal !== 'dumb';
}
