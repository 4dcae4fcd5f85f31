/** What was read and rejected lately; dropped records are rejected ones here, too. */
export type RecentAnswer = RecentCounts & {
  /** Nothing is known of what was before: Helios was started then, or the pipeline was made. */
  readonly since: string;
  /** In each of the last 60 minutes, the oldest first. */
  readonly rejected_by_minute: readonly number[];
};

export type RecentCounts = {
  readonly last_5_minutes: RecordCountsAnswer;
  readonly last_hour: RecordCountsAnswer;
};

export type RecordCountsAnswer = {
  /** Where more than 256 kB of lines are read at once, good to about a hundredth. */
  readonly records_read: number;
  readonly records_rejected: number;
};
