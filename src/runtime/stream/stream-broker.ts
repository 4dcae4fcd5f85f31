import type { StreamEntry } from '../../catalog/catalog.ts';
import type {
  Accepted,
  BackedStreamChange,
  BackedStreamInfo,
  BackedStreamRequest,
  BackedTail,
} from '../../log/backed-streams.ts';

/** Takes in the requests of one stream. */
export interface StreamWriter {
  /** Stores the lines, all or none, which stay the caller's. */
  append(lines: Buffer, key: string | undefined): Promise<Accepted>;
  /** Partitions that were added are written to from now on. */
  lookAgain(): Promise<void>;
  close(): Promise<void>;
}

/** Keeps streams for Helios: Kafka's brokers, or Kinesis. */
export interface StreamBroker {
  /** Connects when it is written to. */
  writer(entry: StreamEntry): StreamWriter;
  /** Makes what keeps the stream, or checks that what is there is as it is wanted. */
  prepare(topic: string, request: BackedStreamRequest): Promise<void>;
  /** What is known of it there. */
  facts(entry: StreamEntry): Promise<Pick<BackedStreamInfo, 'retentionMs' | 'partitions'>>;
  alter(entry: StreamEntry, change: BackedStreamChange): Promise<void>;
  /** The caller closes it. */
  tail(entry: StreamEntry): Promise<BackedTail>;
}
