/** Milliseconds since 1970, by this browser's clock: it may differ from the server's. */
export function nowMs(): number {
  return Date.now();
}

/**
 * How far the server's clock is ahead of this browser's, as its answers say by their dates. Those
 * are of whole seconds and come a moment late: less than that is no difference.
 */
export class ServerClock {
  #aheadMs = 0;

  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** Notes the date of an answer to a question asked at `askedMs` and answered at `answeredMs`. */
  note(date: string | null, askedMs: number, answeredMs: number): void {
    const secondMs = Date.parse(date ?? '');
    if (Number.isNaN(secondMs)) return;
    const leastMs = secondMs - answeredMs;
    const mostMs = secondMs + dateMs - askedMs;
    this.#aheadMs = leastMs > toleratedMs || mostMs < -toleratedMs ? (leastMs + mostMs) / 2 : 0;
  }
}

/** A date says so much less than the time that it was. */
const dateMs = 1000;
/** Servers may make a date once a second, and send it for as long. */
const toleratedMs = 1000;

/** The clock of this page's server. */
export const serverClock: ServerClock = new ServerClock();

/** Milliseconds since 1970 by the server's clock, to reckon how long ago something there was. */
export function serverNowMs(): number {
  return nowMs() + serverClock.aheadMs;
}

/** Calls `action` after so long, unless the returned function is called before. */
export function after(ms: number, action: () => void): () => void {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}
