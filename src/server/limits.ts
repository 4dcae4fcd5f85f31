/** Every bound of the server. Bytes are bytes, times milliseconds. */
export type ServerLimits = {
  /** An ingest body as it arrives. */
  readonly ingestBodyBytesMax: number;
  /**
   * The same body inflated. The log refuses requests above 64 MiB, so more would only be thrown
   * away.
   */
  readonly ingestInflatedBytesMax: number;
  /**
   * How many times its size a compressed body may become. Machine-made NDJSON that repeats itself
   * reaches some hundreds with zstd; deflate can't exceed 1032. What bounds memory is
   * `ingestInflatedBytesMax`; the ratio only stops bombs early, so small bodies are exempt
   * (`ingestRatioFreeBytes`).
   */
  readonly ingestRatioMax: number;
  readonly ingestRatioFreeBytes: number;
  /** Bodies of all requests in memory at once, inflated ones included; beyond it: `too_busy`. */
  readonly ingestMemoryBytesMax: number;
  readonly idempotencyKeyCharactersMax: number;
  /** How long `?wait=queryable` waits before it answers 202. */
  readonly queryableWaitMs: number;
  /** A JSON body of `/api/v1`: SQL and its parameters. */
  readonly apiBodyBytesMax: number;
  /** Longest name of a stream, pipeline or table in a path. */
  readonly nameCharactersMax: number;
  readonly headerBytesMax: number;
  /** From the connection's (or the last request's) end to the end of the headers. */
  readonly headersTimeoutMs: number;
  /** From the first byte of a request to its last: 32 MiB in 5 minutes is 112 kB/s. */
  readonly requestTimeoutMs: number;
  readonly timeoutCheckIntervalMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly connectionsMax: number;
  /** How long `close()` lets requests in flight finish. */
  readonly closeGraceMs: number;
  readonly live: LiveLimits;
};

export type LiveLimits = {
  readonly socketsMax: number;
  readonly subscriptionsMax: number;
  /** Of the subscriptions of one socket, how many may be queries that run. */
  readonly queriesMax: number;
  readonly messageBytesMax: number;
  /** Above this many unsent bytes a socket is too slow: rows are dropped, and counted. */
  readonly unsentBytesMax: number;
  /** A query's whole answer on the socket; larger ones belong to `POST /api/v1/query`. */
  readonly resultBytesMax: number;
  readonly tailIntervalMs: number;
  readonly tailRowsMax: number;
  /** Of a stream, per look and partition. */
  readonly tailBytesMax: number;
  /** A tail of a broker's records goes on for so long while the broker can't be asked. */
  readonly tailTroubleMsMax: number;
  readonly pipelinesIntervalMs: number;
  /** A socket that answers no ping for this long is gone. */
  readonly pingIntervalMs: number;
};

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

export const defaultServerLimits: ServerLimits = {
  ingestBodyBytesMax: 32 * mebibyte,
  ingestInflatedBytesMax: 64 * mebibyte,
  ingestRatioMax: 1000,
  ingestRatioFreeBytes: mebibyte,
  ingestMemoryBytesMax: 256 * mebibyte,
  idempotencyKeyCharactersMax: 255,
  queryableWaitMs: 10_000,
  apiBodyBytesMax: 4 * mebibyte,
  nameCharactersMax: 255,
  headerBytesMax: 16 * kibibyte,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 300_000,
  timeoutCheckIntervalMs: 2_000,
  keepAliveTimeoutMs: 65_000,
  connectionsMax: 4096,
  closeGraceMs: 5_000,
  live: {
    socketsMax: 256,
    subscriptionsMax: 32,
    queriesMax: 4,
    messageBytesMax: 64 * kibibyte,
    unsentBytesMax: mebibyte,
    resultBytesMax: 16 * mebibyte,
    tailIntervalMs: 250,
    tailRowsMax: 500,
    tailBytesMax: 256 * kibibyte,
    tailTroubleMsMax: 60_000,
    pipelinesIntervalMs: 1_000,
    pingIntervalMs: 30_000,
  },
};
