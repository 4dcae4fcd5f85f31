import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { Catalog } from '../../catalog/catalog.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import type { Storage } from '../../storage/storage.ts';
import { ManifestStore } from '../epoch/manifest-store.ts';
import { LocalMark, type MarkFacts, readMark } from './local-mark.ts';
import { restoreState, setAside } from './restore.ts';
import type { StateObject, StateOwner } from './state-object.ts';
import { StateStore } from './state-store.ts';

export type TakeOverRequest = {
  readonly storage: Storage;
  /** The data directory; its lock is held. */
  readonly root: string;
  readonly owner: StateOwner;
  readonly clock: Clock;
};

export type TakenOver = {
  readonly store: StateStore;
  /** The state that was put by that: nobody else has it from then on. */
  readonly claimed: StateObject;
  readonly mark: LocalMark;
  /** What the machine's disk is now: the first of its state, what it was, or a copy. */
  readonly kind: 'begun' | 'continued' | 'restored';
  /** Whose state was taken; undefined for the first. */
  readonly before: StateObject | undefined;
  /** Where what the disk held was moved to, because somebody went on without it. */
  readonly setAsideTo: string | undefined;
};

/** Others may take over at the same time; who loses so often gives up. */
const triesMax = 10;

/**
 * Makes this process the owner of the state, and the data directory a copy of it that is not
 * older. Whoever had the state until then is fenced before anything is read: what it did after
 * that has no effect.
 */
export async function takeOver(request: TakeOverRequest): Promise<TakenOver> {
  const { storage, root, owner } = request;
  const store = new StateStore(storage);
  let setAsideTo: string | undefined;
  for (let count = 1; count <= triesMax; count++) {
    const before = await store.newest();
    const found = await readMark(root);
    const kind = await kindOf(root, found, { before, location: storage.location });
    const mark = LocalMark.after(root, found, { location: storage.location, owner: owner.id });
    const isCopied = kind === 'restored' && found?.isWhole !== false;
    if (isCopied) setAsideTo ??= await setAside(root, request.clock);
    const number = (before?.number ?? found?.next ?? 0) + 1;
    await mark.write({ next: number, isWhole: kind !== 'restored' });
    const claimed = await claim(request, store, { before, number });
    if (claimed === undefined) continue;
    if (kind === 'restored') {
      await restoreState({ storage, root, state: claimed });
      await mark.write({ isWhole: true });
    }
    return { store, claimed, mark, kind, before, setAsideTo };
  }
  throw new HeliosError('fenced', `Other machines took over the state at ${storage.location}.`, {
    hint: 'Start one only, or all but one with --standby.',
  });
}

/** Undefined where somebody else was first. */
async function claim(
  { owner, clock }: TakeOverRequest,
  store: StateStore,
  { before, number }: { readonly before: StateObject | undefined; readonly number: number },
): Promise<StateObject | undefined> {
  const nothing = { format: 1 as const, catalog: null, pipelines: [] };
  const state = { ...(before ?? nothing), number, owner, isReleased: false, atMs: clock.nowMs() };
  try {
    return await store.put(state);
  } catch (thrown) {
    if (thrown instanceof HeliosError && thrown.code === 'fenced') return undefined;
    throw thrown;
  }
}

async function kindOf(
  root: string,
  mark: MarkFacts | undefined,
  { before, location }: { readonly before: StateObject | undefined; readonly location: string },
): Promise<TakenOver['kind']> {
  const hasCatalog = await isThere(join(root, 'catalog.db'));
  if (before === undefined) {
    if (mark?.isWhole === false) throw stateGone(location, root);
    return 'begun';
  }
  const isOfHere = mark !== undefined && mark.location === location;
  if (!isOfHere && hasCatalog) throw foreignDirectory(root, location, mark?.location);
  if (!isOfHere || !mark.isWhole || !hasCatalog) return 'restored';
  const isOurs = mark.owners.includes(before.owner.id) && before.number <= mark.next;
  return isOurs && (await hasAll(root, before)) ? 'continued' : 'restored';
}

/** Whether the disk has what the state has, or newer: it may be the copy of an older disk. */
async function hasAll(root: string, state: StateObject): Promise<boolean> {
  const catalog = new Catalog(join(root, 'catalog.db'));
  const ids = catalog.pipelines().map(({ id }) => id);
  catalog.close();
  for (const { id, epoch } of state.pipelines) {
    if (!ids.includes(id)) continue;
    const storage = new FileStorage(join(root, 'pipelines', id));
    const newest = await new ManifestStore(storage, 'manifests').newest();
    if ((newest?.manifest.epoch ?? -1) < epoch) return false;
  }
  return true;
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function stateGone(location: string, root: string): HeliosError {
  return new HeliosError(
    'not_found',
    `There is no state at ${location}, from which ${root} was about to be filled.`,
    { hint: 'Restore the bucket, or give --data another folder to begin anew.' },
  );
}

function foreignDirectory(root: string, location: string, other: string | undefined): HeliosError {
  const own = other === undefined ? 'a state of its own' : `the state of ${other}`;
  return new HeliosError(
    'conflict',
    `The data directory ${root} has ${own}, and at ${location} there is another one.`,
    { hint: 'Give --data an empty folder to go on from there, or --state another place.' },
  );
}
