import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { keyAgeMaxMs } from '../../log/log.ts';
import type { KeyEntry } from '../../log/key-table.ts';
import type { TopicReader } from '../../source/kafka/look/topic-reader.ts';
import { keyOfHeaders } from './key-header.ts';
import type { NotedKeys } from './key-notes.ts';

const stepBytes = 4 * 1024 * 1024;
/** A leader that has just changed may give nothing for a moment. */
const emptyAnswersMax = 20;
const emptyPauseMs = 100;

type Scan = {
  readonly reader: TopicReader;
  readonly clock: Clock;
  readonly onKey: (entry: KeyEntry) => void;
  readonly signal: AbortSignal;
};

/**
 * Finds the keys in a topic's records from `positions` on, of the last day. Gives where each
 * partition ended before; nothing is read where there are no positions.
 */
export async function scanKeys(
  positions: NotedKeys['positions'],
  scan: Scan,
): Promise<readonly number[]> {
  const { reader, clock, signal } = scan;
  const ends = await reader.offsets('latest', signal);
  if (positions === undefined) return ends;
  const starts = await reader.offsets({ atMs: clock.nowMs() - keyAgeMaxMs }, signal);
  const earliest = await reader.offsets('earliest', signal);
  for (const [partition, end] of ends.entries()) {
    const noted = positions.get(partition) ?? 0;
    // The topic was made anew: what it holds now came after.
    const from = noted > end ? 0 : noted;
    const start = Math.max(from, starts[partition] ?? 0, earliest[partition] ?? 0);
    await scanPartition({ partition, start, end }, scan);
  }
  return ends;
}

async function scanPartition(
  { partition, start, end }: { readonly partition: number; readonly start: number; end: number },
  { reader, clock, onKey, signal }: Scan,
): Promise<void> {
  let emptyAnswers = 0;
  for (let at = start; at < end;) {
    const { records, to } = await reader.read(
      { partition, from: at, to: end, bytesMax: stepBytes },
      signal,
    );
    for (const { offset, metadata } of records) {
      // How many records the request had is not known: all that there were are enough.
      const entry = keyOfHeaders(metadata['headers'], { partition, from: offset, to: end });
      if (entry !== undefined) onKey(entry);
    }
    emptyAnswers = to === at ? emptyAnswers + 1 : 0;
    if (emptyAnswers > emptyAnswersMax) throw givesNothing(partition, at);
    if (to === at) await clock.sleep(emptyPauseMs, signal);
    at = to;
  }
}

function givesNothing(partition: number, offset: number): HeliosError {
  return new HeliosError(
    'unreachable',
    `Partition ${partition} gives no records from its offset ${offset} on, though it has some.`,
    { hint: 'Send again after a moment. Nothing of the request was stored.' },
  );
}
