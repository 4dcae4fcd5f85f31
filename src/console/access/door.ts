import type { ErrorBody } from '../../server/api.ts';
import type { PrincipalAnswer, SessionAnswer } from '../../server/access/access-api.ts';

/**
 * Whether Helios answers this page. `unknown`: it wasn't asked yet. `open`: nobody needs to sign
 * in, or it can't be asked (then not `isCertain`). `out`: somebody has to sign in; `was` is who was
 * before, if the session has ended while the page was open.
 */
export type DoorState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'open'; readonly isCertain: boolean }
  | { readonly kind: 'in'; readonly principal: PrincipalAnswer }
  | { readonly kind: 'out'; readonly was: PrincipalAnswer | undefined };

/** What a page asks for or changes; each includes those before it. */
export type Need = 'read' | 'save' | 'admin';

/**
 * What stands between this page and the server's answers. A request that was refused waits here
 * until somebody has signed in, and is then asked again: nothing that was typed is lost.
 */
export class Door {
  #state: DoorState = { kind: 'unknown' };
  #round = 0;
  #linkError: ErrorBody | undefined;
  readonly #watchers = new Set<() => void>();

  get state(): DoorState {
    return this.#state;
  }

  /** Counts who came in: an answer to somebody who came earlier says nothing of who is in now. */
  get round(): number {
    return this.#round;
  }

  /** Why the link that this page was opened with doesn't sign in. */
  get linkError(): ErrorBody | undefined {
    return this.#linkError;
  }

  /** Told whenever `state` is another; returns what ends that. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** What the server says of who is there. */
  found({ required, principal }: SessionAnswer): void {
    if (!required) this.#become({ kind: 'open', isCertain: true });
    else if (principal === undefined) this.#out();
    else this.#become({ kind: 'in', principal });
  }

  /** The server can't be asked: its pages say so themselves. */
  notFound(): void {
    if (this.#state.kind === 'unknown') this.#become({ kind: 'open', isCertain: false });
  }

  /** A request of this round came back: it needs somebody who is signed in. */
  refused(round: number): void {
    if (round === this.#round) this.#out();
  }

  refusedLink(error: ErrorBody): void {
    this.#linkError = error;
    this.#tell();
  }

  /** Whether requests may be made. */
  isPassable(): boolean {
    return this.#state.kind === 'open' || this.#state.kind === 'in';
  }

  /** Resolves once requests may be made; rejects with the signal's reason when it aborts first. */
  async passed(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.isPassable()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => reject(signal?.reason);
    const end = this.watch(() => {
      if (this.isPassable()) resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      end();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Whether who is here may do so, as far as it is known. Whose session has ended keeps what there
   * was, since the page below waits as it is.
   */
  may(need: Need): boolean {
    const state = this.#state;
    if (state.kind === 'open') return true;
    return scopesOf(state).some((scope) => scopesThatMeet[need].includes(scope));
  }

  #out(): void {
    const state = this.#state;
    if (state.kind === 'out') return;
    this.#become({ kind: 'out', was: state.kind === 'in' ? state.principal : undefined });
  }

  #become(state: DoorState): void {
    if (state.kind === 'in' || state.kind === 'open') this.#round += 1;
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

function scopesOf(state: DoorState): readonly string[] {
  if (state.kind === 'in') return state.principal.scopes;
  return state.kind === 'out' ? (state.was?.scopes ?? []) : [];
}

const scopesThatMeet: Readonly<Record<Need, readonly string[]>> = {
  read: ['read-only', 'console', 'admin'],
  save: ['console', 'admin'],
  admin: ['admin'],
};

/** The door of this page. */
export const door: Door = new Door();
