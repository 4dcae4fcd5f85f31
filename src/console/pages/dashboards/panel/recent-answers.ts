import type { PanelAnswer } from './use-panel-answer.ts';

type Kept = { readonly atMs: number; readonly answer: PanelAnswer };

/** An older answer would show what is not so any more. */
const keptMs = 5000;
const answersMax = 100;

/**
 * Answers of a moment ago, by their questions: a panel that is drawn anew, such as when editing
 * begins, shows at once what it showed.
 */
export class RecentAnswers {
  readonly #answers = new Map<string, Kept>();

  keep(key: string, answer: PanelAnswer, nowMs: number): void {
    this.#answers.delete(key);
    this.#answers.set(key, { atMs: nowMs, answer });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > answersMax && oldest !== undefined) this.#answers.delete(oldest);
  }

  /** With the age that its newest event has by now; undefined where there is no new one. */
  of(key: string | undefined, nowMs: number): PanelAnswer | undefined {
    const kept = key === undefined ? undefined : this.#answers.get(key);
    if (kept === undefined || nowMs - kept.atMs > keptMs) return undefined;
    const { answer } = kept;
    const ageMs = answer.ageMs === undefined ? undefined : answer.ageMs + nowMs - kept.atMs;
    return { ...answer, ageMs };
  }
}

/** Those of this page. */
export const recentAnswers: RecentAnswers = new RecentAnswers();
