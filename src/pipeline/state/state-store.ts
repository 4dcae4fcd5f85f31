import { HeliosError } from '../../base/errors.ts';
import type { Storage } from '../../storage/storage.ts';
import {
  decodeState,
  encodeState,
  objectsOf,
  ownerText,
  type StateObject,
  type StateOwner,
} from './state-object.ts';

/** States kept behind the newest, with all that they name: for people, and against stale lists. */
const statesKept = 8;

/**
 * The states of one place, `states/<number, 20 digits>.json`, in an object store that machines
 * share.
 *
 * Invariant: numbers are dense, and each is put once, by whoever puts it first, on top of the
 * state before it. So of two processes that both believe they own the state one loses its next
 * put, and has been fenced: everything that the other did is based on a state that it had put.
 * Numbers that lie behind are deleted; that a process which slept for long doesn't take one of
 * those for free is what the look after each put is for.
 */
export class StateStore {
  readonly #storage: Storage;
  /** Names of what this process knows to be in the store, besides states. */
  readonly #objects = new Set<string>();
  /** The newest states that this process knows, oldest first. */
  #recent: readonly StateObject[] = [];

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  get location(): string {
    return this.#storage.location;
  }

  /** The newest state, or undefined where there is none. */
  async newest(): Promise<StateObject | undefined> {
    const number = (await this.#numbers()).at(-1);
    if (number === undefined) return undefined;
    const state = await this.#read(number);
    for (const object of objectsOf(state)) this.#objects.add(object);
    this.#recent = [state];
    return state;
  }

  /**
   * Makes the state true, and gives what is true under its number now: a state of this owner from
   * before, where that one's answer was lost. `fenced` where somebody else put the number, or a
   * later one.
   */
  async put(state: StateObject): Promise<StateObject> {
    const outcome = await this.#storage.putIfAbsent(pathOf(state.number), encodeState(state));
    const found = outcome === 'put' ? state : await this.#read(state.number);
    if (found.owner.id !== state.owner.id) throw await this.fenced(state.owner, state.number);
    const later = (await this.#numbers(state.number)).at(-1);
    if (later !== undefined) throw await this.fenced(state.owner, later);
    this.#recent = [...this.#recent, found];
    return found;
  }

  /** Whether somebody has put the state of this number: costs one cheap request. */
  async has(number: number): Promise<boolean> {
    return (await this.#storage.stat(pathOf(number))) !== undefined;
  }

  /** Whether `owner` put the state of this number. */
  async isBy(owner: StateOwner, number: number): Promise<boolean> {
    return (await this.#read(number)).owner.id === owner.id;
  }

  /** An object was stored that states may name. */
  noteObject(name: string): void {
    this.#objects.add(name);
  }

  /**
   * Deletes states that lie far behind, and objects that none of the others names. Right after a
   * put: what is stored for a state to come would be lost.
   */
  async collect(): Promise<void> {
    const gone = this.#recent.slice(0, Math.max(0, this.#recent.length - statesKept));
    this.#recent = this.#recent.slice(gone.length);
    const named = new Set(this.#recent.flatMap((state) => [...objectsOf(state)]));
    for (const { number } of gone) await this.#storage.delete(pathOf(number));
    for (const name of this.#objects) {
      if (named.has(name)) continue;
      await this.#storage.delete(name);
      this.#objects.delete(name);
    }
  }

  /**
   * Deletes what processes before left that no state names: once, after taking over with
   * `claimed`. What was made for later numbers is somebody's who has taken over since.
   */
  async collectOrphans(claimed: StateObject): Promise<void> {
    const named = objectsOf(claimed);
    for (const prefix of ['pipelines/', 'catalogs/']) {
      for await (const { path } of this.#storage.list(prefix)) {
        const number = /\/(\d{20})-[^/]*$/.exec(path)?.[1];
        const isOlder = number !== undefined && Number(number) < claimed.number;
        if (isOlder && !named.has(path)) await this.#storage.delete(path);
      }
    }
    for (const number of await this.#numbers()) {
      if (number < claimed.number - statesKept) await this.#storage.delete(pathOf(number));
    }
  }

  /** Why whoever put, or wants to put, `number` has to stop. */
  async fenced(owner: StateOwner, number: number): Promise<HeliosError> {
    const other = await this.#read(number).catch(() => undefined);
    const who = other === undefined ? 'Another Helios process' : ownerText(other.owner);
    const since = other === undefined ? '' : ` at ${new Date(other.atMs).toISOString()}`;
    return new HeliosError(
      'fenced',
      `${who.replace(/^a/, 'A')} has taken over the state at ${this.location}${since}: ` +
        `this one (pid ${owner.pid}) stops.`,
      {
        hint:
          'Nothing was lost: the other one goes on. To have one wait for the other, start it ' +
          'with --standby.',
      },
    );
  }

  async #read(number: number): Promise<StateObject> {
    const path = pathOf(number);
    const bytes = await this.#storage.read(path);
    return decodeState(bytes, `${this.location}/${path}`);
  }

  /** In ascending order; those after `after` alone, where it is given. */
  async #numbers(after?: number): Promise<readonly number[]> {
    const numbers: number[] = [];
    const options = after === undefined ? {} : { startAfter: pathOf(after) };
    for await (const { path } of this.#storage.list('states/', options)) {
      const digits = /^states\/(\d{20})\.json$/.exec(path)?.[1];
      if (digits !== undefined) numbers.push(Number(digits));
    }
    return numbers;
  }
}

function pathOf(number: number): string {
  return `states/${paddedNumber(number)}.json`;
}

/** In the order of their names, numbers are in the order of their values. */
export function paddedNumber(number: number): string {
  return String(number).padStart(20, '0');
}
