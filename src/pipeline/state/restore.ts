import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crashPoint } from '../../base/crash-point.ts';
import type { Clock } from '../../base/clock.ts';
import { HeliosError, systemCode } from '../../base/errors.ts';
import { decodeCatalog, writeCatalog } from '../../catalog/catalog-content.ts';
import { makeFolderDurably, syncPath } from '../../storage/file/durable.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import type { Storage } from '../../storage/storage.ts';
import { decodeManifest, manifestHash } from '../epoch/manifest.ts';
import { ManifestStore } from '../epoch/manifest-store.ts';
import { StoredBytesReader } from './state-bytes.ts';
import type { KeptPipeline, StateObject, StoredBytes } from './state-object.ts';

/** What of a data directory is the state; the event log is this machine's own. */
const stateNames = ['catalog.db', 'catalog.db-wal', 'catalog.db-shm', 'pipelines'];

/**
 * Moves what the folder holds out of the way, because another machine has gone on without it. Gives
 * where it is now; undefined where there was no catalog.
 */
export async function setAside(root: string, clock: Clock): Promise<string | undefined> {
  const time = new Date(clock.nowMs()).toISOString().replaceAll(':', '-');
  const folder = join(root, 'set-aside', time);
  await makeFolderDurably(folder);
  let isAny = false;
  for (const name of stateNames) {
    const isMoved = await moved(join(root, name), join(folder, name));
    if (isMoved && name === 'catalog.db') isAny = true;
  }
  await syncPath(folder);
  await mkdir(join(root, 'pipelines'), { recursive: true });
  await syncPath(root);
  return isAny ? folder : undefined;
}

/**
 * Fills the folder with the state, in place of what an earlier try left. Durable when it resolves.
 * `corrupt_data` or `not_found` where the store has lost something.
 */
export async function restoreState({
  storage,
  root,
  state,
}: {
  readonly storage: Storage;
  readonly root: string;
  readonly state: StateObject;
}): Promise<void> {
  for (const name of stateNames) await rm(join(root, name), { recursive: true, force: true });
  await makeFolderDurably(join(root, 'pipelines'));
  const reader = new StoredBytesReader(storage);
  for (const kept of state.pipelines) {
    await restorePipeline(reader, join(root, 'pipelines', kept.id), kept);
    crashPoint('during-restore');
  }
  const { catalog } = state;
  if (catalog === null) return;
  const place = `${storage.location}/${catalog.object}`;
  writeCatalog(join(root, 'catalog.db'), decodeCatalog(await reader.read(catalog), place));
  await syncPath(root);
}

async function restorePipeline(
  reader: StoredBytesReader,
  folder: string,
  { manifest, parts }: KeptPipeline,
): Promise<void> {
  const partsFolder = join(folder, 'parts');
  await makeFolderDurably(partsFolder);
  // Those of one object after each other: it is fetched once.
  const sorted = Object.entries(parts).toSorted(([, one], [, other]) => compare(one, other));
  for (const [name, stored] of sorted) await reader.save(stored, join(partsFolder, name));
  await syncPath(partsFolder);
  const bytes = await reader.read(manifest);
  const store = new ManifestStore(new FileStorage(folder), 'manifests');
  const hash = await store.put(decodeManifest(bytes, manifest.object));
  if (hash === manifestHash(bytes)) return;
  throw new HeliosError('corrupt_data', `The manifest in ${manifest.object} is not as written.`, {
    hint: 'Restore the object from a version of the bucket.',
  });
}

function compare(one: StoredBytes, other: StoredBytes): number {
  if (one.object !== other.object) return one.object < other.object ? -1 : 1;
  return one.offset - other.offset;
}

async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    await syncPath(dirname(from));
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}
