import type { RecentCounts, RecordCountsAnswer } from '../../server/recent-api.ts';
import { count, share } from '../text.ts';

export type RejectedWindow = 'last_5_minutes' | 'last_hour';

const windowWords: Readonly<Record<RejectedWindow, string>> = {
  last_5_minutes: 'the last 5 minutes',
  last_hour: 'the last hour',
};

/** The share of records that were rejected: as a cell has it, and as a sentence. */
export function rejectedText(
  recent: RecentCounts,
  window: RejectedWindow,
): { readonly short: string; readonly long: string; readonly isBad: boolean } {
  const { records_read: read, records_rejected: rejected } = recent[window];
  const words = windowWords[window];
  if (read === 0) return { short: '–', long: `No record was read in ${words}`, isBad: false };
  return {
    short: share(rejected, read),
    long: `${count(rejected)} of ${count(read)} records read in ${words}`,
    isBad: rejected > 0,
  };
}

/** What several sources have read and rejected together. */
export function addedUp(all: readonly RecentCounts[]): RecentCounts {
  const sum = (window: RejectedWindow): RecordCountsAnswer => ({
    records_read: all.reduce((before, one) => before + one[window].records_read, 0),
    records_rejected: all.reduce((before, one) => before + one[window].records_rejected, 0),
  });
  return { last_5_minutes: sum('last_5_minutes'), last_hour: sum('last_hour') };
}
