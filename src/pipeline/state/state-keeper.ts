import type { Clock } from '../../base/clock.ts';
import { crashPoint } from '../../base/crash-point.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { EpochMs } from '../../event/record.ts';
import type { Storage } from '../../storage/storage.ts';
import { encodeManifest, type Manifest } from '../epoch/manifest.ts';
import type { LocalMark } from './local-mark.ts';
import {
  partNames,
  type Snapshot,
  type SnapshotContext,
  type TakenPipeline,
  takeSnapshot,
} from './snapshot.ts';
import { storeBytes, type ToStore } from './state-bytes.ts';
import type { StateGate } from './state-gate.ts';
import type { KeptPipeline, StateObject, StoredBytes } from './state-object.ts';
import { paddedNumber, type StateStore } from './state-store.ts';

export type StateKeeperContext = Omit<SnapshotContext, 'isKept' | 'isStored'> & {
  readonly storage: Storage;
  readonly store: StateStore;
  /** The state that this process put when it took over. */
  readonly claimed: StateObject;
  readonly mark: LocalMark;
  readonly clock: Clock;
  /** Told once: this process must stop. */
  readonly onFenced: (error: HeliosError) => void;
  /** Told of each failure that is tried again. */
  readonly onProblem: (problem: HeliosError) => void;
};

export type StateStatus = {
  readonly location: string;
  /** Number of the newest state that is in the store. */
  readonly number: number;
  /** All that was true then is in the store. */
  readonly keptAtMs: EpochMs;
  readonly failing: { readonly sinceMs: EpochMs; readonly message: string } | undefined;
};

type Waiter = { readonly resolve: () => void; readonly reject: (error: HeliosError) => void };

/**
 * Keeps this machine's state in the store too: each interval in which something changed, and
 * whenever somebody asks. Whoever asks while a state is being put waits for the next one, which
 * serves all that asked meanwhile. At rest nothing is put.
 *
 * ```
 * catalog, manifests, parts ─▶ objects nobody names yet ─▶ state N+1, if absent ─▶ kept
 *    (pinned meanwhile)                                      └─ somebody's ─▶ fenced
 * ```
 */
export class StateKeeper {
  readonly #context: StateKeeperContext;
  readonly #stop = new AbortController();
  #state: StateObject;
  #catalogText: string | undefined;
  /** What is in the store, by pipeline. */
  #manifests: ReadonlyMap<string, Manifest> = new Map();
  /** Pipeline → part → where it is in the store. */
  readonly #stored = new Map<string, ReadonlyMap<string, StoredBytes>>();
  #waiters: Waiter[] = [];
  #wake: () => void = () => undefined;
  #isAsked = false;
  #task: Promise<void> = Promise.resolve();
  #serial = 0;
  #keptAtMs: EpochMs;
  #failing: StateStatus['failing'];
  #fenced: HeliosError | undefined;
  /** Until what owners before left behind is gone. */
  #isUntidy = true;

  constructor(context: StateKeeperContext) {
    this.#context = context;
    this.#state = context.claimed;
    this.#keptAtMs = context.claimed.atMs;
    for (const { id, parts } of context.claimed.pipelines) {
      this.#stored.set(id, new Map(Object.entries(parts)));
    }
  }

  /** From now on, until `close`. */
  start(): void {
    this.#task = this.#run(this.#stop.signal);
  }

  get status(): StateStatus {
    return {
      location: this.#context.store.location,
      number: this.#state.number,
      keptAtMs: this.#keptAtMs,
      failing: this.#failing,
    };
  }

  /** What a pipeline asks. */
  gate(id: string): StateGate {
    return {
      keptEpoch: () => this.#manifests.get(id)?.epoch,
      keptSources: () => this.#manifests.get(id)?.sources ?? [],
      ask: () => this.#ask(),
      keep: async () => await this.keep(),
      failingSinceMs: () => this.#failing?.sinceMs,
    };
  }

  /** Resolves when all that is true now is in the store; rejects with why it can't be. */
  async keep(): Promise<void> {
    if (this.#fenced !== undefined) throw this.#fenced;
    if (this.#stop.signal.aborted) throw ended();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiters.push({ resolve, reject });
    this.#ask();
    await promise;
  }

  /** Keeps what is there for the last time, and says that this owner has ended. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#task;
    if (this.#fenced !== undefined) return;
    try {
      await this.#keepNow(true);
    } catch (thrown) {
      this.#context.onProblem(asHeliosError(thrown));
    }
  }

  #ask(): void {
    this.#isAsked = true;
    this.#wake();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waiters = this.#waiters;
      this.#waiters = [];
      this.#isAsked = false;
      try {
        await this.#look();
        await this.#keepNow(false);
        for (const { resolve } of waiters) resolve();
      } catch (thrown) {
        const error = asHeliosError(thrown);
        this.#noteFailure(error);
        for (const { reject } of waiters) reject(error);
        if (this.#fenced !== undefined) break;
      }
      await this.#rest(signal);
    }
    for (const { reject } of this.#waiters) reject(this.#fenced ?? ended());
  }

  /** Until it is time, or somebody asks. */
  async #rest(signal: AbortSignal): Promise<void> {
    if (this.#isAsked || signal.aborted) return;
    const { clock, claimed } = this.#context;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    try {
      await clock.sleep(claimed.owner.intervalMs, woken.signal);
    } catch (thrown) {
      if (!woken.signal.aborted) throw thrown;
    } finally {
      this.#wake = () => undefined;
    }
  }

  #noteFailure(error: HeliosError): void {
    const { clock, onProblem, onFenced } = this.#context;
    const before = this.#failing;
    this.#failing = { sinceMs: before?.sinceMs ?? clock.nowMs(), message: error.message };
    if (error.code === 'fenced') {
      this.#fenced = error;
      onFenced(error);
    } else if (before?.message !== error.message) onProblem(error);
  }

  /** Whether somebody took over: an owner at rest would not notice. */
  async #look(): Promise<void> {
    const { store } = this.#context;
    const { owner } = this.#state;
    const next = this.#state.number + 1;
    // It may be our own, whose answer was lost: the next put finds that out.
    const isOthers = (await store.has(next)) && !(await store.isBy(owner, next));
    if (isOthers) throw await store.fenced(owner, next);
  }

  async #keepNow(isReleased: boolean): Promise<void> {
    const startedAtMs = this.#context.clock.nowMs();
    const snapshot = await takeSnapshot({
      ...this.#context,
      isKept: (id) => this.#state.pipelines.some((kept) => kept.id === id),
      isStored: (id, part) => this.#stored.get(id)?.has(part) === true,
    });
    try {
      while (isReleased !== this.#state.isReleased || this.#hasChanged(snapshot)) {
        await this.#put(snapshot, isReleased);
      }
      this.#keptAtMs = startedAtMs;
      this.#failing = undefined;
    } finally {
      snapshot.release();
    }
  }

  #hasChanged({ catalogText, pipelines }: Snapshot): boolean {
    return (
      catalogText !== this.#catalogText ||
      pipelines.length !== this.#state.pipelines.length ||
      pipelines.some(({ id, manifest }) => !isSame(this.#manifests.get(id), manifest))
    );
  }

  /** Puts the next state. Where its number holds one of our own already, that is where we are. */
  async #put({ catalogText, pipelines }: Snapshot, isReleased: boolean): Promise<void> {
    const { store, mark, clock } = this.#context;
    const number = this.#state.number + 1;
    const isCatalogNew = catalogText !== this.#catalogText || this.#state.catalog === null;
    const catalog = isCatalogNew
      ? await this.#storeCatalog(number, catalogText)
      : this.#state.catalog;
    const kept: KeptPipeline[] = [];
    for (const taken of pipelines) kept.push(await this.#store(number, taken));
    crashPoint('after-kept-parts');
    // After all that the state names was read here: a copy of the disk from before is older.
    await mark.write({ next: number });
    const atMs = clock.nowMs();
    const state = { ...this.#state, number, isReleased, atMs, catalog, pipelines: kept };
    const found = await store.put(state);
    crashPoint('after-state');
    this.#state = found;
    if (found !== state) return;
    this.#catalogText = catalogText;
    this.#manifests = new Map(pipelines.map(({ id, manifest }) => [id, manifest]));
    await this.#collect();
  }

  /** What can't be deleted is a problem to tell, not a failure: it is tried again. */
  async #collect(): Promise<void> {
    for (const id of this.#stored.keys()) if (!this.#manifests.has(id)) this.#stored.delete(id);
    const { store, claimed } = this.#context;
    try {
      await store.collect();
      if (this.#isUntidy) await store.collectOrphans(claimed);
      this.#isUntidy = false;
    } catch (thrown) {
      this.#context.onProblem(asHeliosError(thrown));
    }
  }

  async #storeCatalog(number: number, text: string): Promise<StoredBytes> {
    const bytes = Buffer.from(text);
    const item = { name: 'catalog', byteLength: bytes.byteLength, bytes };
    const found = await this.#storeAll(() => `catalogs/${this.#newName(number)}.json`, [item]);
    return storedOf(found, 'catalog');
  }

  async #store(number: number, { id, manifest, fresh }: TakenPipeline): Promise<KeptPipeline> {
    const before = this.#state.pipelines.find((kept) => kept.id === id);
    if (before !== undefined && isSame(this.#manifests.get(id), manifest)) return before;
    const bytes = encodeManifest(manifest);
    const own = { name: manifestName, byteLength: bytes.byteLength, bytes };
    const newName = (): string => `pipelines/${id}/${this.#newName(number)}`;
    const found = await this.#storeAll(newName, [...fresh, own]);
    const known = this.#stored.get(id) ?? new Map<string, StoredBytes>();
    const wanted = partNames(manifest);
    const parts = new Map([...known, ...found].filter(([name]) => wanted.has(name)));
    this.#stored.set(id, parts);
    const { epoch } = manifest;
    return { id, epoch, manifest: storedOf(found, manifestName), parts: Object.fromEntries(parts) };
  }

  async #storeAll(
    newName: () => string,
    items: readonly ToStore[],
  ): Promise<ReadonlyMap<string, StoredBytes>> {
    const { storage, store } = this.#context;
    const onObject = (name: string): void => store.noteObject(name);
    return await storeBytes({ storage, newName, onObject }, items);
  }

  #newName(number: number): string {
    this.#serial++;
    return `${paddedNumber(number)}-${this.#state.owner.id.slice(0, 8)}-${this.#serial}`;
  }
}

/** No part has this name: theirs end in `.parquet`. */
const manifestName = 'manifest';

function isSame(one: Manifest | undefined, other: Manifest): boolean {
  return one?.epoch === other.epoch && one.incarnation === other.incarnation;
}

function storedOf(found: ReadonlyMap<string, StoredBytes>, name: string): StoredBytes {
  const stored = found.get(name);
  if (stored === undefined) throw new HeliosError('internal', `${name} was not stored.`);
  return stored;
}

function ended(): HeliosError {
  return new HeliosError('cancelled', 'Helios ends: the state is kept once more, then no more.');
}
