import { HeliosError } from '../../base/errors.ts';
import type { Epoch, EpochMs } from '../../event/record.ts';

/** Some bytes of an object in the state store. */
export type StoredBytes = {
  readonly object: string;
  readonly offset: number;
  readonly byteLength: number;
  /** CRC-32 of these bytes, eight hexadecimal digits. */
  readonly crc32: string;
};

/** A process that has, or had, the state. */
export type StateOwner = {
  /** Of one run of the process; never used again. */
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** It answers whoever stands by within so long. */
  readonly intervalMs: number;
};

/** A pipeline as of one of its manifests. */
export type KeptPipeline = {
  readonly id: string;
  readonly epoch: Epoch;
  /** The bytes that `previous` of the next manifest is the hash of: they say the positions too. */
  readonly manifest: StoredBytes;
  /** By their names in the manifest; those that its tables had by then are left out. */
  readonly parts: Readonly<Record<string, StoredBytes>>;
};

/**
 * Everything that a machine with an empty disk needs, as of one moment: the catalog, and each
 * pipeline's manifest and hot parts. Written once, under the number after the one before.
 */
export type StateObject = {
  readonly format: 1;
  readonly number: number;
  readonly owner: StateOwner;
  /** The owner has ended, and said so. */
  readonly isReleased: boolean;
  readonly atMs: EpochMs;
  /** Null where none was kept yet. */
  readonly catalog: StoredBytes | null;
  readonly pipelines: readonly KeptPipeline[];
};

export function encodeState(state: StateObject): Uint8Array {
  return Buffer.from(`${JSON.stringify(state)}\n`, 'utf8');
}

/** Reads a stored state; `corrupt_data` naming `place` when it is not one. */
export function decodeState(bytes: Uint8Array, place: string): StateObject {
  const value = parseJson(bytes, place);
  if (typeof value !== 'object' || value === null || !('format' in value)) {
    throw corrupt(place, 'it is no state of Helios');
  }
  if (value.format !== 1) {
    throw new HeliosError('corrupt_data', `${place} has state format ${String(value.format)}.`, {
      hint: 'It was written by a newer Helios: start that one.',
    });
  }
  const state = value as Partial<StateObject>;
  const isWhole =
    Number.isSafeInteger(state.number) &&
    typeof state.owner?.id === 'string' &&
    Number.isFinite(state.owner.intervalMs) &&
    (state.catalog === null || isStored(state.catalog)) &&
    Array.isArray(state.pipelines) &&
    state.pipelines.every((kept) => isKept(kept));
  if (!isWhole) throw corrupt(place, 'it is no state of Helios');
  return value as StateObject;
}

/** Names of the objects that a state needs. */
export function objectsOf(state: StateObject): ReadonlySet<string> {
  const stored = state.pipelines.flatMap((kept) => [kept.manifest, ...Object.values(kept.parts)]);
  const all = state.catalog === null ? stored : [state.catalog, ...stored];
  return new Set(all.map(({ object }) => object));
}

/** A process for people. */
export function ownerText({ pid, host }: StateOwner): string {
  return `another Helios process (pid ${pid} on ${host})`;
}

function isKept(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const kept = value as Partial<KeptPipeline>;
  return (
    typeof kept.id === 'string' &&
    /^[\w-]+$/.test(kept.id) &&
    Number.isSafeInteger(kept.epoch) &&
    isStored(kept.manifest) &&
    typeof kept.parts === 'object' &&
    Object.entries(kept.parts).every(([name, part]) => isFileName(name) && isStored(part))
  );
}

/** It becomes a file of this machine: never outside of its folder. */
function isFileName(name: string): boolean {
  return /^[\w.-]+$/.test(name) && !name.startsWith('.');
}

function isStored(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const stored = value as Partial<StoredBytes>;
  return (
    typeof stored.object === 'string' &&
    Number.isSafeInteger(stored.offset) &&
    Number.isSafeInteger(stored.byteLength) &&
    typeof stored.crc32 === 'string'
  );
}

function parseJson(bytes: Uint8Array, place: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (thrown) {
    throw corrupt(place, String(thrown));
  }
}

function corrupt(place: string, reason: string): HeliosError {
  return new HeliosError('corrupt_data', `The state ${place} can't be read: ${reason}.`, {
    hint: 'Restore the object from a version of the bucket; deleted, the one before it counts.',
  });
}
