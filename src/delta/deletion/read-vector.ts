import { posix } from 'node:path';
import { crc32 } from 'node:zlib';
import { HeliosError } from '../../base/errors.ts';
import type { OpenStorage, Storage } from '../../storage/storage.ts';
import { decodeBase85 } from './base85.ts';
import { type DeletionVectorDescriptor, descriptorId } from './descriptor.ts';
import { decodeRoaring, type RowRange } from './roaring.ts';

export type VectorPlace = {
  /** The table's. */
  readonly storage: Storage;
  /** Opens another folder in the same way, for vectors with absolute paths. */
  readonly openSibling: (location: string) => ReturnType<OpenStorage>;
};

/**
 * The rows that a deletion vector says are gone, counted from 0 in the file's own order. Fails with
 * `corrupt_data` where the vector isn't whole, and with the storage's error where it isn't there.
 */
export async function readDeletionVector(
  descriptor: DeletionVectorDescriptor,
  place: VectorPlace,
): Promise<readonly RowRange[]> {
  const where = descriptorId(descriptor);
  const { cardinality } = descriptor;
  if (descriptor.storageType === 'i') {
    const padded = decodeBase85(descriptor.pathOrInlineDv);
    if (padded === undefined) throw damaged(where, 'it is not in base 85');
    return decodeRoaring(padded.subarray(0, descriptor.sizeInBytes), { cardinality, where });
  }
  const { storage, path } = await fileOf(descriptor, place, where);
  const bytes = await storage.readRange(path, descriptor.offset ?? 0, descriptor.sizeInBytes + 8);
  const named = `${storage.location}/${path}, byte ${descriptor.offset ?? 0}`;
  return decodeRoaring(checkedData(Buffer.from(bytes), descriptor, named), {
    cardinality,
    where: named,
  });
}

/** In its file a vector is its length, its data and their CRC-32, numbers in big endian. */
function checkedData(
  bytes: Buffer,
  { sizeInBytes }: DeletionVectorDescriptor,
  where: string,
): Buffer {
  if (bytes.length < sizeInBytes + 8) throw damaged(where, 'the file ends before it does');
  const length = bytes.readInt32BE(0);
  if (length !== sizeInBytes) {
    throw damaged(where, `it has ${length} bytes, and should have ${sizeInBytes}`);
  }
  const data = bytes.subarray(4, 4 + length);
  if (crc32(data) !== bytes.readUInt32BE(4 + length)) throw damaged(where, 'its CRC is wrong');
  return data;
}

type VectorFile = { readonly storage: Storage; readonly path: string };

async function fileOf(
  { storageType, pathOrInlineDv }: DeletionVectorDescriptor,
  { storage, openSibling }: VectorPlace,
  where: string,
): Promise<VectorFile> {
  if (storageType === 'u') return { storage, path: relativePath(pathOrInlineDv, where) };
  const location = absoluteLocation(pathOrInlineDv, where);
  const root = `${storage.location}/`;
  if (location.startsWith(root)) return { storage, path: location.slice(root.length) };
  return {
    storage: await openSibling(posix.dirname(location).replace(/^(\w+:)\/(?=[^/])/, '$1//')),
    path: posix.basename(location),
  };
}

/** `PREFIX` and the 20 digits of a UUID. */
function relativePath(text: string, where: string): string {
  const prefix = text.slice(0, -uuidDigits);
  const uuid = decodeBase85(text.slice(-uuidDigits))?.toString('hex');
  if (text.length < uuidDigits || uuid === undefined) throw damaged(where, 'its name is no UUID');
  const parts = [[0, 8], [8, 12], [12, 16], [16, 20], [20]];
  const name = parts.map(([from, to]) => uuid.slice(from, to)).join('-');
  if (prefix.split('/').includes('..')) throw damaged(where, 'it lies above the table');
  return `${prefix === '' ? '' : `${prefix}/`}deletion_vector_${name}.bin`;
}

const uuidDigits = 20;

/** A path of this machine, or the URL of a place in an object store. */
function absoluteLocation(uri: string, where: string): string {
  try {
    const bare = uri.replace(/^file:(?:\/\/)?(?=\/)/, '').replace(/^s3[an]:/, 's3:');
    return decodeURIComponent(bare);
  } catch {
    throw damaged(where, 'its path is not a URI');
  }
}

function damaged(where: string, problem: string): HeliosError {
  return new HeliosError('corrupt_data', `The deletion vector ${where} is damaged: ${problem}.`, {
    hint: 'Restore the file, or the table to a version before it.',
  });
}
