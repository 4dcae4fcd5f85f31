import { HeliosError } from '../base/errors.ts';
import type { LogLimits } from './log.ts';
import type { Lines } from './partition/group.ts';
import type { Partition } from './partition/partition.ts';

export type CommitRequest = { readonly partition: Partition; readonly lines: Lines };

type Waiting = CommitRequest & {
  readonly resolve: (from: number) => void;
  readonly reject: (thrown: unknown) => void;
};

/**
 * Group commit: while one group is being synced, requests gather, and all of them are the next
 * group. One client pays a sync per request; a thousand share one.
 *
 *     requests   a   b c d        e f
 *     commits    [a-------][b c d-------][e f-------]
 */
export class CommitQueue {
  readonly #limits: LogLimits;
  #waiting: Waiting[] = [];
  #pendingBytes = 0;
  #running: Promise<void> | undefined;

  constructor(limits: LogLimits) {
    this.#limits = limits;
  }

  /** Resolves to the request's offset once it is durable. `too_busy` when too much waits. */
  async commit(request: CommitRequest): Promise<number> {
    const { byteLength } = request.lines;
    if (this.#pendingBytes > 0 && this.#pendingBytes + byteLength > this.#limits.pendingBytesMax) {
      throw tooBusy(this.#pendingBytes);
    }
    this.#pendingBytes += byteLength;
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ ...request, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything that waits now is durable or has failed. */
  async drain(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // Requests of the same turn of the event loop make one group.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#commitGroup(this.#takeGroup());
    this.#running = undefined;
  }

  #takeGroup(): readonly Waiting[] {
    let byteLength = 0;
    let count = 0;
    for (const { lines } of this.#waiting) {
      byteLength += lines.byteLength;
      if (count > 0 && byteLength > this.#limits.groupBytesMax) break;
      count += 1;
    }
    const group = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return group;
  }

  /** Each partition's share stands or falls by itself. */
  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    const shares = Map.groupBy(group, (waiting) => waiting.partition);
    await Promise.all(
      shares.entries().map(async ([partition, share]) => await this.#commitShare(partition, share)),
    );
  }

  async #commitShare(partition: Partition, share: readonly Waiting[]): Promise<void> {
    const lines = share.map((waiting) => waiting.lines);
    const byteLength = lines.reduce((sum, each) => sum + each.byteLength, 0);
    try {
      let offset = await partition.append(lines);
      this.#pendingBytes -= byteLength;
      for (const waiting of share) {
        waiting.resolve(offset);
        offset += waiting.lines.byteLength;
      }
    } catch (thrown) {
      this.#pendingBytes -= byteLength;
      for (const waiting of share) waiting.reject(thrown);
    }
  }
}

export function tooBusy(pendingBytes: number): HeliosError {
  return new HeliosError(
    'too_busy',
    `${pendingBytes} bytes already wait for the disk; no more are taken in until they are stored.`,
    { hint: 'Send again after a moment. Nothing of this request was stored.' },
  );
}
