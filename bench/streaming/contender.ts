import type { Run } from '../peers/contender.ts';
import type { StreamQuery } from './query.ts';

/** Where a query's events are. */
export type Place = {
  /** `host:port`. */
  readonly bootstrap: string;
  readonly brokerPid: number;
};

/** One system that answers queries over a topic as a stream, its newest results on disk. */
export type StreamContender = {
  readonly name: string;
  /** In a folder that is empty and its own; undefined when it can't say this query. */
  readonly run: (query: StreamQuery, folder: string) => Promise<Run | undefined>;
};
