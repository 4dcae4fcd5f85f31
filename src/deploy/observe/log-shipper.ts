import type { Clock } from '../../base/clock.ts';

export type LogEvent = { readonly timestamp: number; readonly message: string };

export type LogShipperOptions = {
  /** Hands a batch over, oldest first; throws where it could not be. */
  readonly send: (events: readonly LogEvent[]) => Promise<void>;
  readonly clock: Clock;
  /** Something that went wrong on the way, for whoever looks at the machine itself. */
  readonly onTrouble: (words: string) => void;
};

/** As CloudWatch Logs takes them; it counts 26 bytes for each event besides its text. */
const limits = {
  batchEvents: 10_000,
  batchBytes: 1_048_576,
  eventOverheadBytes: 26,
  messageCharacters: 64_000,
  /** Of lines that wait while CloudWatch does not answer, the oldest go. */
  waitingEvents: 20_000,
};
const pauseMs = 1_000;

/**
 * Sends lines a second after they came, in batches. Lines stay in order; while nothing can be
 * sent they wait, up to a limit, and how many were let go is said in the next batch.
 */
export class LogShipper {
  readonly #options: LogShipperOptions;
  #waiting: LogEvent[] = [];
  #dropped = 0;

  constructor(options: LogShipperOptions) {
    this.#options = options;
  }

  add(text: string): void {
    // An event without text is refused, with its whole batch.
    if (text.trim() === '') return;
    const message = text.slice(0, limits.messageCharacters);
    this.#waiting.push({ timestamp: this.#options.clock.nowMs(), message });
    if (this.#waiting.length <= limits.waitingEvents) return;
    this.#waiting.shift();
    this.#dropped += 1;
  }

  /** Sends until the signal aborts, and then once more. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.flush();
      await this.#options.clock.sleep(pauseMs, signal).catch(() => undefined);
    }
    await this.flush();
  }

  /** Sends what waits; what could not be sent waits on. Never throws. */
  async flush(): Promise<void> {
    if (this.#dropped > 0) this.#sayDropped();
    while (this.#waiting.length > 0) {
      const count = batchLength(this.#waiting);
      const batch = this.#waiting.slice(0, count).toSorted((a, b) => a.timestamp - b.timestamp);
      try {
        await this.#options.send(batch);
      } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        this.#options.onTrouble(`CloudWatch Logs took nothing: ${reason}`);
        return;
      }
      this.#waiting = this.#waiting.slice(count);
    }
  }

  #sayDropped(): void {
    const message = `helios observe: ${this.#dropped} lines before this one were let go.`;
    this.#dropped = 0;
    const timestamp = this.#waiting[0]?.timestamp ?? this.#options.clock.nowMs();
    this.#waiting.unshift({ timestamp, message });
  }
}

/** How many of the first events go together. At least one. */
function batchLength(events: readonly LogEvent[]): number {
  let bytes = 0;
  for (const [index, { message }] of events.entries()) {
    bytes += Buffer.byteLength(message) + limits.eventOverheadBytes;
    if (index > 0 && (bytes > limits.batchBytes || index >= limits.batchEvents)) return index;
  }
  return events.length;
}
