import { readFile } from 'node:fs/promises';
import type { LiveRequest } from '../api.ts';
import type { SubscriptionContext } from './subscription.ts';

type StreamTail = Extract<LiveRequest, { stream: string }>;

/** Sends a stream's new lines straight from the log, from now on. */
export async function runStreamTail(
  request: StreamTail,
  context: SubscriptionContext,
): Promise<void> {
  const { clock, limits, log, signal } = context;
  const { stream } = request;
  const ends = log.getStream(stream).partitions.map(({ endOffset }) => endOffset);
  const offsets = new Map(ends.entries());
  const droppedBytes = new Map<number, number>();
  context.outlet.send({ id: request.id, kind: 'columns', columns: [lineColumn] });
  while (!signal.aborted) {
    await log.waitForRecords(stream, offsets, signal);
    const { partitions } = log.getStream(stream);
    for (const [partition, { endOffset }] of partitions.entries()) {
      // A partition that was added since is read from its beginning.
      const from = offsets.get(partition) ?? 0;
      if (endOffset > from) {
        await sendLines({ request, partition, from, endOffset }, offsets, droppedBytes, context);
      }
    }
    // Many small appends make one message, and a look costs the same for all of them.
    await clock.sleep(limits.tailIntervalMs, signal);
  }
}

const lineColumn = { name: 'line', type: 'VARCHAR' };

type Look = {
  readonly request: StreamTail;
  readonly partition: number;
  readonly from: number;
  readonly endOffset: number;
};

/** Moves the partition's offset on, past what is sent and what is skipped. */
async function sendLines(
  { request, partition, from, endOffset }: Look,
  offsets: Map<number, number>,
  droppedBytes: Map<number, number>,
  { limits, log, outlet }: SubscriptionContext,
): Promise<void> {
  const dropped = droppedBytes.get(partition) ?? 0;
  if (!outlet.hasRoom()) {
    droppedBytes.set(partition, dropped + endOffset - from);
    offsets.set(partition, endOffset);
    return;
  }
  const batch = await log.read(request.stream, partition, from, limits.tailBytesMax);
  if (!batch) return;
  try {
    const text = await readFile(batch.path, 'utf8');
    outlet.send({
      id: request.id,
      kind: 'lines',
      partition,
      offset: batch.from,
      lines: text.split('\n').slice(0, -1),
      dropped_bytes: dropped,
    });
  } finally {
    await batch.release();
  }
  // What one look does not hold is skipped: a tail shows the newest, and says what it left out.
  droppedBytes.set(partition, endOffset - Math.min(batch.to, endOffset));
  offsets.set(partition, Math.max(endOffset, batch.to));
}
