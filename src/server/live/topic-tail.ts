import { errorCodes, HeliosError } from '../../base/errors.ts';
import type { BackedStreams, BackedTail } from '../../log/backed-streams.ts';
import type { SubscriptionContext } from './subscription.ts';

type TopicTailRequest = {
  readonly id: string;
  readonly stream: string;
  readonly backed: Pick<BackedStreams, 'checkStream' | 'tail'>;
};

/** Sends the new records of a stream that a broker keeps, from now on. */
export async function runTopicTail(
  { id, stream, backed }: TopicTailRequest,
  context: SubscriptionContext,
): Promise<void> {
  const { clock, limits, outlet, signal } = context;
  const tail = await backed.tail(stream);
  try {
    const tailing = new Tailing(id, tail, context);
    await tailing.begin();
    outlet.send({ id, kind: 'columns', columns: [{ name: 'line', type: 'VARCHAR' }] });
    while (!signal.aborted) {
      await clock.sleep(limits.tailIntervalMs, signal);
      backed.checkStream(stream);
      await tailing.look();
    }
  } finally {
    await tail.close();
  }
}

class Tailing {
  readonly #id: string;
  readonly #tail: BackedTail;
  readonly #context: SubscriptionContext;
  /** By partition: what was sent or skipped so far. */
  #offsets: number[] = [];
  readonly #dropped = new Map<number, number>();
  #troubledSinceMs: number | undefined;

  constructor(id: string, tail: BackedTail, context: SubscriptionContext) {
    this.#id = id;
    this.#tail = tail;
    this.#context = context;
  }

  async begin(): Promise<void> {
    this.#offsets = [...(await this.#tail.ends(this.#context.signal))];
  }

  /** A broker may be away for a while: then what came meanwhile is seen after. */
  async look(): Promise<void> {
    const { clock, limits } = this.#context;
    try {
      await this.#lookOnce();
      this.#troubledSinceMs = undefined;
    } catch (thrown) {
      const isHealable = thrown instanceof HeliosError && errorCodes[thrown.code].retry !== 'never';
      this.#troubledSinceMs ??= clock.monotonicMs();
      const troubledMs = clock.monotonicMs() - this.#troubledSinceMs;
      if (!isHealable || troubledMs > limits.tailTroubleMsMax) throw thrown;
    }
  }

  async #lookOnce(): Promise<void> {
    const ends = await this.#tail.ends(this.#context.signal);
    for (const [partition, end] of ends.entries()) {
      // A partition that was added since is read from its beginning.
      const from = this.#offsets[partition] ?? 0;
      if (end > from) await this.#send(partition, from, end);
      // Less than before, where the topic was made anew.
      this.#offsets[partition] = end;
    }
  }

  /**
   * Sends what one look holds and skips the rest up to the partition's end: a tail shows the
   * newest, and says what it left out.
   */
  async #send(partition: number, from: number, end: number): Promise<void> {
    const { outlet } = this.#context;
    const dropped = this.#dropped.get(partition) ?? 0;
    const found = outlet.hasRoom() ? await this.#read(partition, from, end) : nothing(from);
    const dropped_records = dropped + end - found.to;
    const isShown = found.values.length > 0;
    this.#dropped.set(partition, isShown ? 0 : dropped_records);
    if (!isShown) return;
    const place = { id: this.#id, kind: 'lines', partition, offset: from } as const;
    outlet.send({ ...place, lines: found.values, dropped_bytes: 0, dropped_records });
  }

  async #read(partition: number, from: number, end: number): Promise<Look> {
    const { limits, signal } = this.#context;
    const range = { partition, from, to: end, bytesMax: limits.tailBytesMax };
    try {
      const found = await this.#tail.read(range, signal);
      const byteLength = found.values.reduce((sum, value) => sum + value.length, 0);
      return byteLength <= limits.unsentBytesMax ? found : nothing(from);
    } catch (thrown) {
      // Deleted before it was looked at: left out as what comes too fast is.
      if (thrown instanceof HeliosError && thrown.code === 'position_lost') return nothing(from);
      throw thrown;
    }
  }
}

type Look = { readonly values: readonly string[]; readonly to: number };

function nothing(from: number): Look {
  return { values: [], to: from };
}
