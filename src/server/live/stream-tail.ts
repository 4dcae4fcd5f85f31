import { readFile } from 'node:fs/promises';
import type { LiveRequest } from './live-api.ts';
import { runTopicTail } from './topic-tail.ts';
import type { SubscriptionContext } from './subscription.ts';

type StreamTail = Extract<LiveRequest, { stream: string }>;

/** Sends a stream's new lines straight from where it is kept, from now on. */
export async function runStreamTail(
  request: StreamTail,
  context: SubscriptionContext,
): Promise<void> {
  const { clock, limits, log, backed, signal } = context;
  const { id, stream } = request;
  if (backed?.has(stream) === true) return await runTopicTail({ id, stream, backed }, context);
  const ends = log.getStream(stream).partitions.map(({ endOffset }) => endOffset);
  const offsets = new Map(ends.entries());
  const dropped = new Map<number, number>();
  context.outlet.send({ id, kind: 'columns', columns: [lineColumn] });
  while (!signal.aborted) {
    await log.waitForRecords(stream, offsets, signal);
    const { partitions } = log.getStream(stream);
    for (const [partition, { endOffset }] of partitions.entries()) {
      // A partition that was added since is read from its beginning.
      const from = offsets.get(partition) ?? 0;
      if (endOffset <= from) continue;
      const told = { id, dropped: dropped.get(partition) ?? 0 };
      const look = { stream, partition, from, endOffset };
      dropped.set(partition, await sendLines(look, told, context));
      offsets.set(partition, endOffset);
    }
    // Many small appends make one message, and a look costs the same for all of them.
    await clock.sleep(limits.tailIntervalMs, signal);
  }
}

const lineColumn = { name: 'line', type: 'VARCHAR' };

type Look = {
  readonly stream: string;
  readonly partition: number;
  readonly from: number;
  readonly endOffset: number;
};

/**
 * Sends what one look holds and skips the rest up to the partition's end: a tail shows the newest,
 * and says what it left out. Gives the bytes that are skipped and not told of yet.
 */
async function sendLines(
  look: Look,
  { id, dropped }: { readonly id: string; readonly dropped: number },
  context: SubscriptionContext,
): Promise<number> {
  const { outlet } = context;
  const { partition, from, endOffset } = look;
  const lines = outlet.hasRoom() ? await readLines(look, context) : undefined;
  if (!lines) return dropped + endOffset - from;
  const dropped_bytes = dropped + endOffset - lines.to;
  outlet.send({ id, kind: 'lines', partition, offset: from, lines: lines.lines, dropped_bytes });
  return 0;
}

/** Undefined where the next line alone is longer than a socket takes. */
async function readLines(
  { stream, partition, from, endOffset }: Look,
  { limits, log }: SubscriptionContext,
): Promise<{ readonly lines: readonly string[]; readonly to: number } | undefined> {
  const bytesMax = Math.min(limits.tailBytesMax, endOffset - from);
  const batch = await log.read(stream, partition, from, bytesMax);
  if (!batch) return undefined;
  try {
    if (batch.byteLength > limits.unsentBytesMax) return undefined;
    const text = await readFile(batch.path, 'utf8');
    return { lines: text.split('\n').slice(0, -1), to: batch.to };
  } finally {
    await batch.release();
  }
}
