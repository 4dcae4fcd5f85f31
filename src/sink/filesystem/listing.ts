import { HeliosError } from '../../base/errors.ts';
import type { PartitionValues } from '../../delta/delta.ts';
import type { Epoch, EpochMs } from '../../event/record.ts';
import type { Schema } from '../../event/schema.ts';

/**
 * What lies under `_helios/` of a folder of raw files:
 *
 *     table.json                  what the folder is, put once
 *     <sink id>/<number>.json     a listing: the files of one commit; numbers count from 1
 *     <sink id>/<number>.all.json all files up to that listing, so that few have to be read
 *     <sink id>/plan-<id>.json    files that a commit in the making may have made visible already
 */
const root = '_helios/';

export const tablePath: string = `${root}table.json`;

/** What a folder of raw files is. */
export type FilesTable = {
  readonly format: 1;
  readonly tableId: string;
  readonly files: FilesFormat;
  readonly partitionColumns: readonly string[];
  readonly createdAtMs: EpochMs;
};

/** JSON lines hold all columns; in Parquet files those of the folders are left out. */
export type FilesFormat =
  | { readonly kind: 'parquet' }
  | { readonly kind: 'json'; readonly timestampFormat: 'rfc3339' | 'unix_millis' };

export type CommittedFile = {
  /** Relative to the folder. */
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  readonly partitionValues: PartitionValues;
  /** As Delta has them. */
  readonly stats: string | null;
};

/** One commit of a sink: its rows of the epochs (from, to] are in these files. */
export type Listing = {
  readonly format: 1;
  readonly number: number;
  readonly sink: string;
  /** Null: nothing was committed until then. */
  readonly from: Epoch | null;
  readonly to: Epoch | null;
  readonly committedAtMs: EpochMs;
  readonly columns: Schema;
  readonly files: readonly CommittedFile[];
  /** Plans that came to nothing: no rows are in this commit, which only ends theirs. */
  readonly cancels?: readonly string[] | undefined;
};

/** Listings 1 to `number`, as one. */
export type Summary = Omit<Listing, 'from' | 'cancels'>;

export type FilesPlan = { readonly files: readonly string[] };

export function listingPath(sinkId: string, number: number): string {
  return `${root}${sinkId}/${digits(number)}.json`;
}

export function summaryPath(sinkId: string, number: number): string {
  return `${root}${sinkId}/${digits(number)}.all.json`;
}

export function planPath(sinkId: string, id: string): string {
  return `${planPrefix(sinkId)}${id}.json`;
}

/** All plans of a sink begin so. */
export function planPrefix(sinkId: string): string {
  return `${root}${sinkId}/plan-`;
}

/** All listings and summaries begin so. */
export const listingsPrefix: string = root;

export type ListingName = {
  readonly sinkId: string;
  readonly number: number;
  readonly isSummary: boolean;
};

/** Undefined for what is neither a listing nor a summary. */
export function parseListingPath(path: string): ListingName | undefined {
  const [, sinkId, number, all] = /^_helios\/(.+)\/(\d{20})(\.all)?\.json$/.exec(path) ?? [];
  if (sinkId === undefined) return undefined;
  return { sinkId, number: Number(number), isSummary: all !== undefined };
}

export function printDocument(document: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(document)}\n`);
}

/** `corrupt_data` for what this Helios did not write. */
export function parseDocument<T extends FilesTable | Listing | Summary | FilesPlan>(
  bytes: Uint8Array,
  place: string,
  keys: readonly (keyof T & string)[],
): T {
  const value = parseJson(bytes);
  const isObject = typeof value === 'object' && value !== null;
  if (isObject && keys.every((key) => key in value)) return value as T;
  throw new HeliosError('corrupt_data', `${place} is not a file that this Helios wrote.`, {
    hint: 'Put back what was there, or write to another path.',
  });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

function digits(number: number): string {
  return String(number).padStart(20, '0');
}
