import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { AuditCopies } from '../access/audit-copies.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import type { HeliosError } from '../base/errors.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { DataDirectory } from '../catalog/data-directory.ts';
import type { StartOptions } from '../cli/context.ts';
import { ReferencedSecrets } from '../connection/secrets.ts';
import { quarantineTable } from '../pipeline/epoch/quarantine.ts';
import { replayTable } from '../pipeline/replay/replay.ts';
import { checkNoMark } from '../pipeline/state/local-mark.ts';
import type { KeptState } from '../pipeline/state/state-gate.ts';
import { StateKeeper, type StateStatus } from '../pipeline/state/state-keeper.ts';
import { ownerText, type StateOwner } from '../pipeline/state/state-object.ts';
import { StateStore } from '../pipeline/state/state-store.ts';
import { StandbyAnswers, untilNobodyHas } from '../pipeline/state/standby.ts';
import { takeOver, type TakenOver } from '../pipeline/state/take-over.ts';
import type { Supervisor } from '../pipeline/supervisor.ts';
import { isInViews, viewsFolder } from '../pipeline/views/view-places.ts';
import { FileStorage } from '../storage/file/file-storage.ts';
import type { OpenStorage, Storage } from '../storage/storage.ts';
import type { StoreUse } from '../storage/store-facts.ts';
import { Storages } from './storages.ts';

/** Where the state is kept, as it was asked for. */
export type StateRequest = {
  readonly data: DataDirectory;
  readonly url: string;
  readonly intervalMs: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly standby: StartOptions['standby'];
  readonly onProblem: (problem: HeliosError) => void;
};

/** The state, which is this process's from now on until somebody else takes it. */
export type TakenState = OpenedStore & {
  readonly owner: StateOwner;
  readonly taken: TakenOver;
};

/**
 * Takes the state from whoever had it, and fills the data directory where another machine has gone
 * on since. A standby waits until nobody has it.
 */
export async function takeState(request: StateRequest): Promise<TakenState> {
  const { data, url, intervalMs, standby } = request;
  const clock = systemClock;
  const { storage, facts } = await openStateStorage(request, url, 'state');
  const owner = { id: randomUUID(), pid: process.pid, host: hostname(), intervalMs };
  if (standby !== undefined) {
    await untilNobodyHas({ storage, store: new StateStore(storage), clock, ...standby });
  }
  return {
    storage,
    facts,
    owner,
    taken: await takeOver({ storage, root: data.path, owner, clock }),
  };
}

/** A data directory that has its state elsewhere too is not changed behind that one's back. */
export async function checkStateIsHere(data: DataDirectory): Promise<void> {
  await checkNoMark(data.path);
}

/** A place in a store, and what that was asked. */
export type OpenedStore = { readonly storage: Storage; readonly facts: Storages['facts'] };

/** Without a cache: what is read here is read once. */
export async function openStateStorage(
  { data, environment, onProblem }: Pick<StateRequest, 'data' | 'environment' | 'onProblem'>,
  url: string,
  use: StoreUse,
): Promise<OpenedStore> {
  const { random } = Math;
  const context = { environment, clock: systemClock, random };
  const storages = new Storages({
    context: { ...context, secrets: new ReferencedSecrets(context) },
    use,
    cacheDirectory: data.inside('tmp', 'state'),
    uploadsDirectory: data.inside('uploads', use),
    cacheBytesMax: 0,
    onWarning: onProblem,
  });
  return { storage: await storages.open(url, {}), facts: storages.facts };
}

export type KeptStateParts = {
  readonly state: TakenState;
  readonly data: DataDirectory;
  readonly catalog: Catalog;
  /** Known by the time it is asked. */
  readonly supervisor: () => Supervisor;
  readonly clock: Clock;
  readonly onProblem: (problem: HeliosError) => void;
};

/** The state while Helios runs. */
export class RunningState implements KeptState {
  readonly tableLocation: KeptState['tableLocation'];
  readonly viewLocation: KeptState['viewLocation'];
  /** What whoever starts Helios should know. */
  readonly notes: readonly string[];
  /** Resolves when somebody else has taken the state. */
  readonly fenced: Promise<HeliosError>;
  readonly #keeper: StateKeeper;
  readonly #answers: StandbyAnswers;
  readonly #storage: Storage;

  constructor({ state, data, catalog, supervisor, clock, onProblem }: KeptStateParts) {
    const { storage, owner, taken } = state;
    const { promise, resolve } = Promise.withResolvers<HeliosError>();
    this.fenced = promise;
    this.#storage = storage;
    this.tableLocation = (name) => tableIn(storage.location, name);
    this.viewLocation = (name) => viewIn(storage.location, name);
    this.notes = notesOf(storage.location, taken);
    this.#answers = new StandbyAnswers({ storage, owner, clock, onProblem });
    this.#keeper = new StateKeeper({
      ...taken,
      storage,
      catalog,
      dataDirectory: data.path,
      partStore: (id) => supervisor().partStore(id),
      clock,
      onFenced: resolve,
      onProblem,
    });
  }

  readonly gate: KeptState['gate'] = (pipelineId) => this.#keeper.gate(pipelineId);

  status(): StateStatus {
    return this.#keeper.status;
  }

  /** Resolves when all that is true now is in the store. */
  async keep(): Promise<void> {
    await this.#keeper.keep();
  }

  /** What people did, where it survives this machine. */
  auditCopies(onProblem: (problem: HeliosError) => void): AuditCopies {
    const storage = this.#storage;
    return new AuditCopies({ storage, clock: systemClock, newId: randomUUID, onProblem });
  }

  start(): void {
    this.#answers.start();
    this.#keeper.start();
  }

  async close(): Promise<void> {
    await this.#answers.close();
    await this.#keeper.close();
  }
}

/**
 * The tables about rejected records and the materialized views of a data directory that had its
 * state for itself until now go to where the state is.
 */
export async function moveOwnTables(
  { catalog, dataDirectory }: { readonly catalog: Catalog; readonly dataDirectory: string },
  location: string,
  openStorage: OpenStorage,
): Promise<void> {
  for (const name of [quarantineTable, replayTable]) {
    await moveTable(catalog, name, { to: tableIn(location, name), openStorage });
  }
  for (const { name, path } of catalog.tables()) {
    if (!isInViews(path, dataDirectory)) continue;
    await moveTable(catalog, name, { to: viewIn(location, name), openStorage });
  }
}

async function moveTable(
  catalog: Catalog,
  name: string,
  { to, openStorage }: { readonly to: string; readonly openStorage: OpenStorage },
): Promise<void> {
  const entry = catalog.table(name);
  if (entry === undefined || entry.path === to) return;
  const target = await openStorage(to, {});
  const from = new FileStorage(entry.path);
  for await (const { path } of from.list('')) {
    if ((await target.stat(path)) === undefined) await target.putFile(path, from.localPath(path));
  }
  catalog.deleteTable(entry.name);
  catalog.addTable({ name: entry.name, path: to, kind: 'delta' });
}

function viewIn(location: string, name: string): string {
  return `${location}/${viewsFolder}/${name}`;
}

function tableIn(location: string, name: string): string {
  return `${location}/tables/${name}`;
}

function notesOf(location: string, { kind, before, setAsideTo }: TakenOver): readonly string[] {
  const notes = [`The state is kept at ${location}.`];
  if (before === undefined) return notes;
  const time = new Date(before.atMs).toISOString();
  const whose = before.isReleased ? 'kept there' : `last kept by ${ownerText(before.owner)}`;
  if (kind === 'restored') notes.push(`This machine has taken it over as of ${time}, ${whose}.`);
  if (setAsideTo !== undefined) {
    notes.push(`What was here until then is older, and has been moved to ${setAsideTo}.`);
  }
  return notes;
}
