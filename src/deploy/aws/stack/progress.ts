import { HeliosError } from '../../../base/errors.ts';
import type { AwsAccount } from '../account/account.ts';
import { reasonInWords } from '../account/reason-words.ts';
import type { Person } from '../person.ts';
import { resourceInWords, waitInWords } from './resource-words.ts';
import { type Step, watchStack } from './watch.ts';

export type FollowRequest = {
  readonly stackId: string;
  readonly after: string | undefined;
  readonly person: Person;
  readonly signal: AbortSignal;
};

/** How an operation ended. */
export type Ending = {
  /** The stack's status. */
  readonly status: string;
  /** Steps that failed by themselves, the first one first. */
  readonly failures: readonly Step[];
};

/** Follows an operation to its end, and tells of each resource as it goes. */
export async function followStack(account: AwsAccount, request: FollowRequest): Promise<Ending> {
  const { person, stackId, after, signal } = request;
  const telling = new Telling(person, account.context.clock.nowMs());
  const end = await watchStack(account, {
    stackId,
    after,
    signal,
    onStep: (step) => telling.step(step),
    onLook: (nowMs) => telling.look(nowMs),
  });
  person.status('');
  return { status: end.status, failures: telling.failures };
}

/** The failures of an ending as one error: what, why, what to do. */
export function endingFailure(what: string, { status, failures }: Ending): HeliosError {
  const [first] = failures;
  const message = `${what}: the stack is ${status}.`;
  if (first === undefined) {
    return new HeliosError('conflict', message, {
      hint: 'Run this again; helios status says more.',
    });
  }
  const { said, hint } = reasonInWords(first.reason);
  const others = failures.length > 1 ? ` (and ${failures.length - 1} more, above)` : '';
  return new HeliosError(
    'conflict',
    `${message} First to fail was the ${resourceInWords(first)}${others}: ${said}.`,
    {
      hint: hint ?? 'Mend that, then run this again: it goes on from the state that this left.',
      details: { stack_status: status, resource: first.logicalId },
    },
  );
}

/** Lines for steps as they come, and one line of what is waited for. */
class Telling {
  readonly failures: Step[] = [];
  readonly #person: Person;
  readonly #open = new Map<string, { readonly step: Step; readonly sinceMs: number }>();
  #startMs: number;
  #isFirst = true;

  constructor(person: Person, startMs: number) {
    this.#person = person;
    this.#startMs = startMs;
  }

  step(step: Step): void {
    // AWS's clock and this one's may differ: what elapsed is counted in AWS's where it can be.
    if (this.#isFirst) this.#startMs = step.atMs;
    this.#isFirst = false;
    const before = this.#open.get(step.logicalId);
    const isOpen = step.status.endsWith('_IN_PROGRESS');
    if (isOpen) {
      const sinceMs = before?.sinceMs ?? step.atMs;
      if (!step.isOfStack) this.#open.set(step.logicalId, { step, sinceMs });
    } else this.#open.delete(step.logicalId);
    const isRepeated = isOpen && before?.step.status === step.status;
    if (step.status.endsWith('_FAILED')) this.#failed(step);
    else if (!isRepeated && !(step.isOfStack && isOpen)) this.#say(step, before?.sinceMs);
  }

  look(nowMs: number): void {
    const [longest] = [...this.#open.values()].toSorted((a, b) => a.sinceMs - b.sinceMs);
    const elapsed = elapsedText(nowMs - this.#startMs);
    if (longest === undefined) return this.#person.status(`${elapsed}  waits for CloudFormation`);
    const { step, sinceMs } = longest;
    const more = this.#open.size > 1 ? ` and ${this.#open.size - 1} more` : '';
    const why = waitInWords(step.type);
    this.#person.status(
      `${elapsed}  waits ${elapsedText(nowMs - sinceMs)} for the ${resourceInWords(step)}${more}` +
        (why === undefined ? '' : ` (${why})`),
    );
  }

  #say(step: Step, sinceMs: number | undefined): void {
    const took = sinceMs === undefined ? '' : `, took ${elapsedText(step.atMs - sinceMs)}`;
    const word = words[step.status] ?? step.status;
    const isOpen = step.status.endsWith('_IN_PROGRESS');
    this.#person.say(
      `${elapsedText(step.atMs - this.#startMs)}  ${word.padEnd(9)} ${resourceInWords(step)}` +
        (isOpen ? '' : took),
    );
  }

  #failed(step: Step): void {
    const { said, isConsequence } = reasonInWords(step.reason);
    const isKnown = this.failures.some(({ logicalId }) => logicalId === step.logicalId);
    if (!isConsequence && !isKnown && !step.isOfStack) this.failures.push(step);
    const why = step.isOfStack && step.reason === undefined ? '' : `: ${said}`;
    this.#person.say(
      `${elapsedText(step.atMs - this.#startMs)}  failed    ${resourceInWords(step)}${why}`,
    );
  }
}

/** `0:07`, `12:40`, `1:02:03`: as wide for each line of most operations. */
export function elapsedText(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1_000));
  const minutes = Math.floor(seconds / 60);
  const two = (count: number) => String(count).padStart(2, '0');
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

const words: Readonly<Record<string, string>> = {
  CREATE_IN_PROGRESS: 'making',
  CREATE_COMPLETE: 'made',
  UPDATE_IN_PROGRESS: 'changing',
  UPDATE_COMPLETE: 'changed',
  DELETE_IN_PROGRESS: 'deleting',
  DELETE_COMPLETE: 'deleted',
  DELETE_SKIPPED: 'kept',
  ROLLBACK_IN_PROGRESS: 'undoing',
  ROLLBACK_COMPLETE: 'undone',
  UPDATE_ROLLBACK_IN_PROGRESS: 'undoing',
  UPDATE_ROLLBACK_COMPLETE: 'undone',
};
