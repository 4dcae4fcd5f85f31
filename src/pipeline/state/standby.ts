import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { asHeliosError, type HeliosError } from '../../base/errors.ts';
import type { Storage } from '../../storage/storage.ts';
import { ownerText, type StateOwner } from './state-object.ts';
import type { StateStore } from './state-store.ts';

/** Whoever stands by asks with the one, the owner answers with the other. */
const questionPath = 'standby/question.json';
const answerPath = 'standby/answer.json';

/** An owner that answers nothing for so many of its intervals is gone. */
const silentIntervalsMax = 3;

export type StandbyAnswersContext = {
  readonly storage: Storage;
  readonly owner: StateOwner;
  readonly clock: Clock;
  readonly onProblem: (problem: HeliosError) => void;
};

/**
 * Answers those who stand by, beside everything else: an owner at rest puts nothing, so that it is
 * there shows only when somebody asks. Looking costs one cheap request an interval.
 */
export class StandbyAnswers {
  readonly #context: StandbyAnswersContext;
  readonly #stop = new AbortController();
  #task: Promise<void> = Promise.resolve();
  #problem: string | undefined;

  constructor(context: StandbyAnswersContext) {
    this.#context = context;
  }

  start(): void {
    this.#task = this.#run(this.#stop.signal);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#task;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, owner, onProblem } = this.#context;
    while (!signal.aborted) {
      try {
        await this.#answer();
        this.#problem = undefined;
      } catch (thrown) {
        const problem = asHeliosError(thrown);
        if (this.#problem !== problem.message) onProblem(problem);
        this.#problem = problem.message;
      }
      await sleepUnless(clock, owner.intervalMs, signal);
    }
  }

  async #answer(): Promise<void> {
    const { storage, owner } = this.#context;
    if ((await storage.stat(questionPath)) === undefined) return;
    const answer = { owner, id: randomUUID() };
    await storage.put(answerPath, Buffer.from(`${JSON.stringify(answer)}\n`));
    // A question of meanwhile goes too: who asked it asks again.
    await storage.delete(questionPath);
  }
}

export type StandbyContext = {
  readonly storage: Storage;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told whom it waits for: at first, and when that changes. */
  readonly onWait: (owner: string) => void;
};

/**
 * Resolves when nobody has the state: its owner said that it ended, or neither answered nor put
 * anything for some intervals by this machine's own clock. Wrong about that, it takes over from an
 * owner that is there, which then finds itself fenced. Rejects with the signal's reason.
 */
export async function untilNobodyHas(context: StandbyContext): Promise<void> {
  const { storage, store, clock, signal, onWait } = context;
  let told: string | undefined;
  let seen: string | undefined;
  let silentMs = 0;
  for (;;) {
    signal.throwIfAborted();
    const newest = await store.newest();
    if (newest === undefined || newest.isReleased) return;
    const { owner, number } = newest;
    if (owner.id !== told) onWait(ownerText(owner));
    told = owner.id;
    const answer = await storage.read(answerPath).catch(() => new Uint8Array(0));
    const sign = `${number} ${Buffer.from(answer).toString('utf8')}`;
    silentMs = sign === seen ? silentMs + owner.intervalMs : 0;
    seen = sign;
    if (silentMs >= silentIntervalsMax * owner.intervalMs) return;
    await storage.put(questionPath, Buffer.from(`${JSON.stringify({ id: randomUUID() })}\n`));
    await clock.sleep(owner.intervalMs, signal);
  }
}

async function sleepUnless(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(durationMs, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}
