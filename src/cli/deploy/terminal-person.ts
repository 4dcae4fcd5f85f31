import { HeliosError } from '../../base/errors.ts';
import type { Person, PersonChoice } from '../../deploy/aws/person.ts';
import type { Scope } from '../scope.ts';

export type Answers = {
  /** Everything that is asked with yes or no is yes. */
  readonly isYes: boolean;
  /** What was chosen beforehand, where there is a choice. */
  readonly chosen?: string | undefined;
  /** What was typed beforehand, where something is confirmed by typing its name. */
  readonly typed?: Typed | undefined;
};

/** `--confirm NAME`. */
export type Typed = { readonly flag: string; readonly word: string | undefined };

/** Into logs, where lines can't be taken back, what is waited for is said this often. */
const saidAgainMs = 30_000;

/** Whoever sits at the terminal, or reads the log of a machine that runs this. */
export class TerminalPerson implements Person {
  readonly #scope: Scope;
  readonly #answers: Answers;
  readonly #isScreen: boolean;
  #isStatusShown = false;
  #saidAtMs: number;

  constructor(scope: Scope, answers: Answers) {
    this.#scope = scope;
    this.#answers = answers;
    const { context, output } = scope;
    this.#isScreen =
      context.isStderrTty && !output.isQuiet && context.environment['TERM'] !== 'dumb';
    this.#saidAtMs = context.clock.monotonicMs();
  }

  say(line: string): void {
    this.#clear();
    this.#saidAtMs = this.#scope.context.clock.monotonicMs();
    this.#scope.output.talk(line);
  }

  status(line: string): void {
    const { context, output } = this.#scope;
    if (this.#isScreen) {
      this.#clear();
      if (line === '') return;
      const width = (context.columns() ?? 100) - 1;
      context.stderr.write(line.slice(0, width));
      this.#isStatusShown = true;
      return;
    }
    const nowMs = context.clock.monotonicMs();
    if (line === '' || nowMs - this.#saidAtMs < saidAgainMs) return;
    this.#saidAtMs = nowMs;
    output.talk(line);
  }

  async confirm(question: string): Promise<void> {
    this.#clear();
    await this.#scope.confirm(question, this.#answers.isYes);
  }

  async confirmByTyping(question: string, word: string): Promise<void> {
    this.#clear();
    const { typed } = this.#answers;
    if (typed?.word === word) return;
    if (typed?.word !== undefined || !this.#mayAsk()) {
      throw new HeliosError('conflict', `${question} Confirm it by the name: ${word}.`, {
        hint: `Nothing was deleted. Give ${typed?.flag ?? '--confirm'} ${word} to go ahead.`,
      });
    }
    const { text, isCancel } = await import('@clack/prompts');
    const { context, signal } = this.#scope;
    const answer = await text({
      message: `${question} Type ${word} to go ahead:`,
      input: context.stdin,
      output: context.stderr,
      signal,
    });
    if (isCancel(answer) || answer !== word) {
      throw new HeliosError('conflict', 'Nothing was deleted.');
    }
  }

  async choose(question: string, choices: readonly PersonChoice[]): Promise<string> {
    this.#clear();
    const { chosen, isYes } = this.#answers;
    if (choices.some(({ value }) => value === chosen)) return chosen ?? '';
    if (!this.#mayAsk() || isYes) {
      const flags = choices.map(({ flag, label }) => `${flag} (${label})`).join(', or ');
      throw new HeliosError('conflict', question, { hint: `Say which: ${flags}.` });
    }
    const { select, isCancel } = await import('@clack/prompts');
    const { context, signal } = this.#scope;
    const answer = await select({
      message: question,
      options: choices.map(({ value, label }) => ({ value, label })),
      input: context.stdin,
      output: context.stderr,
      signal,
    });
    if (isCancel(answer)) throw new HeliosError('conflict', 'Nothing was done.');
    return answer;
  }

  #mayAsk(): boolean {
    const { context, output } = this.#scope;
    return context.isStdinTty && context.isStderrTty && !output.isJson;
  }

  #clear(): void {
    if (this.#isStatusShown) this.#scope.context.stderr.write('\r\u001b[2K');
    this.#isStatusShown = false;
  }
}
