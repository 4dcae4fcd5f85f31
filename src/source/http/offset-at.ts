import type { EpochMs } from '../../event/record.ts';
import type { LogLine } from '../../log/log.ts';

/**
 * Where the first line begins that arrived at a time or later; the end where none did. Searches by
 * halves: a later line never arrived earlier, as far as the machine's clock went forward.
 */
export async function offsetAt(
  range: { readonly startOffset: number; readonly endOffset: number },
  atMs: EpochMs,
  lineAt: (near: number) => Promise<LogLine | undefined>,
): Promise<number> {
  // The lowest place after which the next line, if any, arrived in time.
  let low = range.startOffset;
  let high = range.endOffset;
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    const line = await lineAt(middle);
    if (line === undefined || line.arrivedAtMs >= atMs) high = middle;
    else low = Math.min(high, line.offset + 1);
  }
  const line = low < range.endOffset ? await lineAt(low) : undefined;
  return Math.min(line?.offset ?? range.endOffset, range.endOffset);
}
