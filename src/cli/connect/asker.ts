import { autocomplete, isCancel, select, text } from '@clack/prompts';
import { didYouMeanHint } from '../../base/did-you-mean.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Scope } from '../scope.ts';

export type Question = {
  /** The flag that answers it, without its dashes. */
  readonly flag: string;
  readonly message: string;
  /** What is taken where nobody answers, and offered where somebody does. */
  readonly initial?: string | undefined;
  /** An example, for what has no usual answer. */
  readonly example?: string | undefined;
  /** What to do where nobody answers, if the flag's name doesn't say it. */
  readonly hint?: string | undefined;
  /** What is wrong with an answer. */
  readonly problem?: ((answer: string) => string | undefined) | undefined;
};

export type Choice = {
  /** One that begins with `:` is for the screen only: flags don't say it. */
  readonly value: string;
  readonly label: string;
  readonly hint?: string | undefined;
};

/** Where answers come from. A flag answers once: who goes back is asked. */
export interface Asker {
  readonly isInteractive: boolean;
  /** `invalid_request` where nobody can be asked; `cancelled` at Ctrl+C. */
  text(question: Question): Promise<string>;
  choose(question: Question, choices: readonly Choice[]): Promise<string>;
}

export function createAsker(
  scope: Scope,
  flags: Readonly<Record<string, string | undefined>>,
  isInteractive: boolean,
  /** What has not happened when somebody cancels. */
  outcome: string = 'a pipeline was made',
): Asker {
  const given = new Given(flags);
  return isInteractive ? new PromptAsker(scope, given, outcome) : new FlagAsker(given);
}

class Given {
  readonly #flags: Map<string, string>;

  constructor(flags: Readonly<Record<string, string | undefined>>) {
    const entries = Object.entries(flags);
    this.#flags = new Map(
      entries.flatMap(([flag, value]) => (value === undefined ? [] : [[flag, value]])),
    );
  }

  take({ flag, problem }: Question): string | undefined {
    const value = this.#flags.get(flag);
    this.#flags.delete(flag);
    const wrong = value === undefined ? undefined : problem?.(value);
    if (wrong === undefined) return value;
    throw new HeliosError('invalid_request', `--${flag}: ${wrong}`);
  }
}

/** For scripts: what no flag answers has a usual answer, or is missing. */
class FlagAsker implements Asker {
  readonly isInteractive = false;
  readonly #given: Given;

  constructor(given: Given) {
    this.#given = given;
  }

  async text(question: Question): Promise<string> {
    const answer = this.#given.take(question) ?? question.initial;
    if (answer !== undefined) return await Promise.resolve(answer);
    throw new HeliosError('invalid_request', `--${question.flag} is missing.`, {
      hint:
        question.hint ??
        (question.example === undefined
          ? 'Give it, or run this on a terminal without --yes to be asked.'
          : `For example: --${question.flag} ${question.example}.`),
    });
  }

  async choose(question: Question, choices: readonly Choice[]): Promise<string> {
    const all = named(choices).join(', ');
    const answer = await this.text({ ...question, hint: `It is one of ${all}.` });
    return checkedChoice(answer, question, choices);
  }
}

/** More choices than this are searched by typing. */
const listedMax = 12;

class PromptAsker implements Asker {
  readonly isInteractive = true;
  readonly #scope: Scope;
  readonly #given: Given;
  readonly #outcome: string;

  constructor(scope: Scope, given: Given, outcome: string) {
    this.#scope = scope;
    this.#given = given;
    this.#outcome = outcome;
  }

  async text(question: Question): Promise<string> {
    const { message, initial, example, problem } = question;
    const given = this.#given.take(question);
    if (given !== undefined) return given;
    const answer = await text({
      message,
      ...this.#terminal,
      ...(initial === undefined ? {} : { initialValue: initial }),
      ...(example === undefined ? {} : { placeholder: example }),
      validate: (typed) => problem?.((typed ?? '').trim()),
    });
    return this.#answered(answer).trim();
  }

  async choose(question: Question, choices: readonly Choice[]): Promise<string> {
    const { message, initial } = question;
    const given = this.#given.take(question);
    if (given !== undefined) return checkedChoice(given, question, choices);
    const options = choices.map(({ value, label, hint }) => ({
      value,
      label,
      ...(hint === undefined ? {} : { hint }),
    }));
    const settings = {
      message,
      options,
      maxItems: listedMax,
      ...this.#terminal,
      ...(initial === undefined ? {} : { initialValue: initial }),
    };
    const isLong = options.length > listedMax;
    return this.#answered(isLong ? await autocomplete(settings) : await select(settings));
  }

  get #terminal(): {
    readonly input: Scope['context']['stdin'];
    readonly output: Scope['context']['stderr'];
    readonly signal: AbortSignal;
  } {
    const { context, signal } = this.#scope;
    return { input: context.stdin, output: context.stderr, signal };
  }

  #answered(answer: string | symbol): string {
    if (!isCancel(answer) && typeof answer === 'string') return answer;
    throw new HeliosError('cancelled', `Cancelled before ${this.#outcome}.`);
  }
}

function checkedChoice(answer: string, { flag }: Question, choices: readonly Choice[]): string {
  const found = choices.find(({ value }) => value.toLowerCase() === answer.toLowerCase());
  if (found !== undefined) return found.value;
  const all = named(choices);
  const meant = didYouMeanHint(answer, all);
  throw new HeliosError('invalid_request', `--${flag} = ${answer} is not a choice.`, {
    hint: `${meant === undefined ? '' : `${meant} `}It is one of ${all.join(', ')}.`,
  });
}

/** Those that a flag can say. */
function named(choices: readonly Choice[]): readonly string[] {
  return choices.map(({ value }) => value).filter((value) => !value.startsWith(':'));
}
