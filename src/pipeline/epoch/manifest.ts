import { createHash } from 'node:crypto';
import { HeliosError } from '../../base/errors.ts';
import type { Epoch, EpochMs } from '../../event/record.ts';
import type { Replay } from '../replay/replay.ts';
import type { ManifestStream } from '../stream/manifest-stream.ts';

/**
 * A file of rows of one sink that no committed table file holds yet, as far as this manifest knows.
 */
export type ManifestPart = {
  /** File name inside the pipeline's parts folder. */
  readonly name: string;
  /** The epochs whose rows it holds; more than one after a merge. Both inclusive. */
  readonly firstEpoch: Epoch;
  readonly lastEpoch: Epoch;
  readonly rowCount: number;
  readonly byteLength: number;
  /** `stats` of a part that is written as a final file already, or null. */
  readonly statsJson: string | null;
  /** When the newest record in it arrived. */
  readonly newestAtMs: EpochMs;
};

export type ManifestSink = {
  /** The sink id: the appId of its table's txn. */
  readonly id: string;
  /** Name of the table in the script. */
  readonly table: string;
  /** `metaData.id` of the Delta table, or the file's path. */
  readonly tableId: string;
  /** The sink has rows of epochs after this one only. */
  readonly sinceEpoch: Epoch;
  readonly rowsOut: number;
  readonly parts: readonly ManifestPart[];
  /** Bytes of a raw file that are true; null for tables. */
  readonly fileBytes: number | null;
  /** The table's txn when this was written, or null: the table can only have moved on since. */
  readonly rolledEpoch: Epoch | null;
  /**
   * Positions up to which an adopted sink has its rows already, by source and partition, until all
   * of them are passed: what is read again for other sinks is left out here. Null where there are
   * none.
   */
  readonly skip: PositionTexts | null;
  /** Where reading stood when the sink was new. */
  readonly start: PositionTexts;
  /** When the newest record arrived that has a row here; 0 before the first. */
  readonly newestAtMs: EpochMs;
};

/** Source name → partition → position. */
export type PositionTexts = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type ManifestSource = {
  /** Name of the table in the script. */
  readonly name: string;
  /** `Source.identity`: positions of one stream mean nothing in another. */
  readonly identity: string;
  /** Partition → position read up to; null is the partition's beginning. */
  readonly positions: Readonly<Record<string, string | null>>;
};

/**
 * What makes an epoch true. Each one is the pipeline's whole state, so that the newest alone is
 * enough to go on from; `previous` chains it to the one it continues.
 */
export type Manifest = {
  readonly format: 1;
  readonly pipeline: string;
  readonly revision: number;
  readonly epoch: Epoch;
  /** Names the process run that wrote it: tells our own lost answer from another's win. */
  readonly incarnation: string;
  /** SHA-256 of the manifest before, in hex; null for the first. */
  readonly previous: string | null;
  readonly createdAtMs: EpochMs;
  readonly watermarkMs: EpochMs | null;
  /** Bytes of records read since the pipeline was made. */
  readonly bytesIn: number;
  readonly recordsRejected: number;
  readonly recordsDropped: number;
  /** Of those rejected, the ones that passed in a replay since. */
  readonly recordsReplayed?: number | undefined;
  /** Replays to be done, in this order, and the last that were. */
  readonly replays?: readonly Replay[] | undefined;
  /**
   * Source → what was rejected before this can't be replayed: it was, or may be, read again. By the
   * clock that rejects.
   */
  readonly replaySinceMs?: Readonly<Record<string, EpochMs>> | undefined;
  readonly sources: readonly ManifestSource[];
  readonly sinks: readonly ManifestSink[];
  /** What a pipeline with windows keeps; absent before its first epoch. */
  readonly stream?: ManifestStream | undefined;
  /**
   * Where reading began, in all of the pipeline's life; partitions read from their beginnings are
   * left out. Absent where it isn't known, and in a bounded pipeline.
   */
  readonly begin?: PositionTexts | undefined;
  /** Reads up to here, these partitions alone, and ends. */
  readonly until?: PositionTexts | undefined;
};

/** The bytes that are stored; what `previous` of the next one is the hash of. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return Buffer.from(`${JSON.stringify(manifest)}\n`, 'utf8');
}

export function manifestHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Reads a stored manifest; `corrupt_data` naming `path` when it is not one. */
export function decodeManifest(bytes: Uint8Array, path: string): Manifest {
  const value = parseJson(bytes, path);
  if (typeof value !== 'object' || value === null || !('format' in value)) {
    throw corrupt(path, 'it is not a manifest');
  }
  if (value.format !== 1) {
    throw new HeliosError('corrupt_data', `${path} has manifest format ${String(value.format)}.`, {
      hint: 'It was written by a newer Helios: start that one.',
    });
  }
  const manifest = value as Partial<Manifest>;
  const isWhole =
    Number.isSafeInteger(manifest.epoch) &&
    Number.isSafeInteger(manifest.revision) &&
    Array.isArray(manifest.sources) &&
    Array.isArray(manifest.sinks);
  if (!isWhole) throw corrupt(path, 'it is not a manifest');
  return value as Manifest;
}

function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (thrown) {
    throw corrupt(path, String(thrown));
  }
}

function corrupt(path: string, reason: string): HeliosError {
  return new HeliosError('corrupt_data', `The manifest ${path} can't be read: ${reason}.`, {
    hint: 'Restore the file from a copy, or adopt the tables with a new pipeline (--adopt).',
  });
}
