import type { ErrorBody, QueryAnswerDocument } from '../../../../server/api.ts';
import { answerQuery, type QueryProgress } from '../../../api/query.ts';
import { errorBodyOf } from '../../../api/request.ts';
import { after, nowMs } from '../../../clock.ts';
import type { ParameterValue } from '../../../editor/parameters.ts';
import { rowsFirst } from './order.ts';

/** A statement to run, and where it is in the editor's text. */
export type QueryOrder = {
  readonly text: string;
  readonly start: number;
  readonly params: Readonly<Record<string, ParameterValue>>;
  /** So many rows are asked for; as many as most answers have where it isn't said. */
  readonly rowsMax?: number | undefined;
};

export type RunPhase =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'running';
      readonly startedMs: number;
      /** Undefined as long as the server has not begun with it. */
      readonly progress: QueryProgress | undefined;
    }
  | { readonly kind: 'done'; readonly durationMs: number }
  | { readonly kind: 'failed'; readonly durationMs: number; readonly error: ErrorBody }
  | { readonly kind: 'cancelled'; readonly durationMs: number };

export type RunState = {
  readonly phase: RunPhase;
  readonly order: QueryOrder | undefined;
  /** The newest that came, also while the next one runs. */
  readonly answer:
    | { readonly document: QueryAnswerDocument; readonly order: QueryOrder }
    | undefined;
  /** Whether the query is asked again on a steady tick. */
  readonly live: 'off' | 'on' | 'paused';
};

/** Longer values are shown by how they begin. */
const cellBytesMax = 100_000;
const tickMs = 1000;

/**
 * The runs of one tab, one at a time: a new one cancels the one before. It goes on while its tab,
 * or the whole page, is not looked at; a live one rests while the page is not seen.
 */
export class QueryRun {
  readonly #watchers = new Set<() => void>();
  #state: RunState = { phase: { kind: 'idle' }, order: undefined, answer: undefined, live: 'off' };
  #stop: AbortController | undefined;
  #cancelTick: () => void = () => undefined;

  get state(): RunState {
    return this.#state;
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  run(order: QueryOrder): void {
    this.#end();
    const startedMs = nowMs();
    this.#become({ phase: { kind: 'running', startedMs, progress: undefined }, order });
    void this.#ask(order, startedMs);
  }

  /** At once here; the server stops as soon as it hears of it. False where nothing ran. */
  cancel(): boolean {
    const { phase } = this.#state;
    if (phase.kind !== 'running') return false;
    this.#end();
    const durationMs = nowMs() - phase.startedMs;
    this.#become({ phase: { kind: 'cancelled', durationMs }, live: 'off' });
    return true;
  }

  /** Asks `order` again and again; or the one before, where it goes on after a pause. */
  goLive(order: QueryOrder): void {
    this.#become({ live: 'on' });
    this.run(order);
  }

  pause(): void {
    this.#end();
    this.#become({ live: 'paused' });
  }

  stopLive(): void {
    if (this.#state.phase.kind !== 'running') this.#end();
    this.#become({ live: 'off' });
  }

  #end(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#cancelTick();
  }

  async #ask(order: QueryOrder, startedMs: number): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    const limits = { max_rows: order.rowsMax ?? rowsFirst, max_cell_bytes: cellBytesMax };
    const body = { sql: order.text, params: order.params, ...limits };
    try {
      const document = await answerQuery(body, stop.signal, (progress) =>
        this.#onProgress(progress),
      );
      if (stop.signal.aborted) return;
      const durationMs = nowMs() - startedMs;
      this.#become({ phase: { kind: 'done', durationMs }, answer: { document, order } });
      if (this.#state.live === 'on') this.#tick(order, startedMs);
    } catch (thrown) {
      if (stop.signal.aborted) return;
      const error = errorBodyOf(thrown);
      const isAway = error.code === 'unavailable' && this.#state.live === 'on';
      const phase = { kind: 'failed', durationMs: nowMs() - startedMs, error } as const;
      this.#become({ phase, live: isAway ? 'on' : 'off' });
      if (isAway) this.#tick(order, startedMs);
    }
  }

  #onProgress(progress: QueryProgress): void {
    const { phase } = this.#state;
    if (phase.kind === 'running') this.#become({ phase: { ...phase, progress } });
  }

  /** The next one a second after the one before began, or as soon as that has ended. */
  #tick(order: QueryOrder, startedMs: number): void {
    const restMs = Math.max(0, startedMs + tickMs - nowMs());
    const onTime = (): void => {
      const isSeen = document.visibilityState === 'visible' && this.#watchers.size > 0;
      if (!isSeen) this.#cancelTick = after(tickMs, onTime);
      else void this.#ask(order, nowMs());
    };
    this.#cancelTick = after(restMs, onTime);
  }

  #become(change: Partial<RunState>): void {
    this.#state = { ...this.#state, ...change };
    for (const watcher of this.#watchers) watcher();
  }
}

/** The runs of all tabs, by the tabs' ids. */
export class QueryRuns {
  readonly #runs = new Map<string, QueryRun>();

  of(id: string): QueryRun {
    const run = this.#runs.get(id) ?? new QueryRun();
    this.#runs.set(id, run);
    return run;
  }

  /** Ends what runs there, and lets go of its answer. */
  drop(id: string): void {
    const run = this.#runs.get(id);
    run?.cancel();
    run?.stopLive();
    this.#runs.delete(id);
  }
}

/** Those of this page: results are there again when the person comes back to it. */
export const queryRuns: QueryRuns = new QueryRuns();
