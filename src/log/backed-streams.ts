import type { EpochMs } from '../event/record.ts';
import type { AppendRequest, Retention } from './log.ts';

/** Where the lines of an acknowledged request end, as the readers of its stream count. */
export type Accepted = {
  /** Empty where the request had no lines. */
  readonly partition: number | string;
  readonly to: number | string;
  /** The key was seen before with this body: this is the first request's answer. */
  readonly isDuplicate: boolean;
};

/** What takes in requests: the embedded log, and streams that brokers keep. */
export interface IngestStreams {
  /** `not_found` where there is no such stream. */
  checkStream(name: string): void;
  /** Stores a request's lines, all or none; resolves once they are durable. */
  append(name: string, request: AppendRequest): Promise<Accepted>;
}

/** What keeps a stream's records instead of the embedded log. */
export type Backing = {
  readonly kind: 'kafka' | 'kinesis';
  /** The name of a stored connection. */
  readonly connection: string;
  /** The topic, or the stream of Kinesis. */
  readonly topic: string;
};

/** A stream that a broker keeps. Offsets count records; Kinesis has none. */
export type BackedStreamInfo = {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: EpochMs;
  readonly backing: Backing;
  /** What the broker says; undefined where it does not answer, or does not tell. */
  readonly retentionMs: number | undefined;
  readonly partitions:
    | readonly { readonly startOffset: number; readonly endOffset: number }[]
    | undefined;
};

export type BackedStreamRequest = {
  readonly name: string;
  readonly connection: string;
  /** The stream's name unless given. One that exists is used as it is. */
  readonly topic?: string | undefined;
  readonly partitions?: number | undefined;
  readonly retentionMs?: Retention['ageMs'] | undefined;
};

export type BackedStreamChange = Pick<BackedStreamRequest, 'partitions' | 'retentionMs'>;

/** Looks at what comes into a stream, for somebody who watches. Fails as the broker does. */
export interface BackedTail {
  /** Where each partition ends now, by its number. */
  ends(signal: AbortSignal): Promise<readonly number[]>;
  /**
   * Values of the records [from, to), about `bytesMax` of them, and where that ends: at `from`
   * where there is nothing any more.
   */
  read(
    range: {
      readonly partition: number;
      readonly from: number;
      readonly to: number;
      readonly bytesMax: number;
    },
    signal: AbortSignal,
  ): Promise<{ readonly values: readonly string[]; readonly to: number }>;
  close(): Promise<void>;
}

/** Streams that brokers keep, and HTTP requests go to. */
export interface BackedStreams extends IngestStreams {
  readonly count: number;
  has(name: string): boolean;
  list(): Promise<readonly BackedStreamInfo[]>;
  /** `not_found`; what keeps from the broker. */
  get(name: string): Promise<BackedStreamInfo>;
  /** `invalid_name`, `already_exists`, `conflict`, and what keeps from the broker. */
  create(request: BackedStreamRequest): Promise<BackedStreamInfo>;
  /** Changes what is given, at the broker. Partitions can't become fewer: `invalid_request`. */
  alter(name: string, change: BackedStreamChange): Promise<BackedStreamInfo>;
  /** `not_found`; the caller closes it. */
  tail(name: string): Promise<BackedTail>;
  /** Forgets the stream; the topic stays. `conflict` while a pipeline reads it. */
  delete(name: string, options: { readonly isForced: boolean }): Promise<void>;
}
