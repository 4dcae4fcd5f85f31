import { HeliosError } from '../../base/errors.ts';
import type { JsonObject } from '../actions.ts';

/**
 * Says which rows of a data file are gone: where the vector is, and how many rows it names
 * (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vectors).
 */
export type DeletionVectorDescriptor = {
  /** `u`: a file below the table's root; `p`: a file anywhere; `i`: in the descriptor itself. */
  readonly storageType: 'u' | 'p' | 'i';
  readonly pathOrInlineDv: string;
  /** Where it begins in its file, in bytes. */
  readonly offset?: number | undefined;
  readonly sizeInBytes: number;
  readonly cardinality: number;
};

/** Fails with `unsupported_table` on a kind of storage that there was none of. */
export function parseDescriptor(json: JsonObject, path: string): DeletionVectorDescriptor {
  const { storageType, pathOrInlineDv, offset, sizeInBytes, cardinality } = json;
  if (storageType !== 'u' && storageType !== 'p' && storageType !== 'i') {
    throw new HeliosError(
      'unsupported_table',
      'Helios cannot read this Delta table: it uses the feature deletionVectors with ' +
        `the storage type ${JSON.stringify(storageType)} (file ${path}).`,
      { hint: 'Purge them with the engine that owns the table (REORG TABLE … APPLY (PURGE)).' },
    );
  }
  const isWhole =
    typeof pathOrInlineDv === 'string' &&
    isCount(sizeInBytes) &&
    isCount(cardinality) &&
    (offset === undefined || offset === null || isCount(offset));
  if (!isWhole) throw damaged(path, JSON.stringify(json).slice(0, 200));
  return {
    storageType,
    pathOrInlineDv,
    offset: isCount(offset) ? offset : undefined,
    sizeInBytes,
    cardinality,
  };
}

/** The same text for the same rows of the same table, as the protocol's `uniqueId` is. */
export function descriptorId(descriptor: DeletionVectorDescriptor): string {
  const { storageType, pathOrInlineDv, offset } = descriptor;
  return `${storageType}${pathOrInlineDv}${offset === undefined ? '' : `@${offset}`}`;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function damaged(path: string, what: string): HeliosError {
  return new HeliosError(
    'corrupt_data',
    `The deletion vector of ${path} is described by what Helios cannot read: ${what}.`,
    { hint: 'Check which program wrote it, and restore the table to a version before it.' },
  );
}
