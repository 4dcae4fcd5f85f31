import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import type { AccessEntries } from '../catalog/access-entries.ts';
import type { EpochMs } from '../event/record.ts';
import { FailedAttempts } from './attempts.ts';
import type { Scope } from './scope.ts';
import { TokenStore } from './token-store.ts';
import { hashOf, isSame, newSecret, type Principal, type Token } from './token.ts';

export type AccessOptions = {
  readonly entries: AccessEntries;
  readonly clock: Clock;
  /** False on a loopback interface that nobody else reaches: then programs need no credential. */
  readonly isRequired: boolean;
  /** An admin's token that was given at the start, besides those of the catalog. */
  readonly adminToken?: string | undefined;
};

/** What a request came with; undefined for what it didn't have. */
export type Credentials = {
  /** From `Authorization: Bearer`, or an ingest address. */
  readonly token: string | undefined;
  readonly session: string | undefined;
  /** Who sent it, as far as can be told: failed attempts count against it. */
  readonly address: string;
};

export type Session = {
  readonly principal: Principal;
  /** What the cookie holds. */
  readonly secret: string;
  readonly expiresAtMs: EpochMs;
};

type Owned = { readonly tokenId: string; readonly expiresAtMs: EpochMs };

export type LoginLink = { readonly code: string; readonly expiresAtMs: EpochMs };

const sessionMs = 7 * 24 * 60 * 60_000;
const linkMs = 10 * 60_000;
/** Whoever may sign in may do so again and again: what is kept of it is bounded. */
const sessionsOfTokenMax = 100;
const linksOfTokenMax = 20;
const adminTokenCharactersMin = 32;

/**
 * Who somebody is: by a token, or by a session that was begun with one. Nobody is believed by where
 * they come from, but for a loopback interface that needs no credential at all.
 */
export class Access {
  readonly isRequired: boolean;
  readonly tokens: TokenStore;
  readonly #entries: AccessEntries;
  readonly #clock: Clock;
  readonly #attempts: FailedAttempts;
  readonly #given: { readonly token: Token; readonly hash: string } | undefined;
  /** By the hash of what the cookie holds, the oldest first. */
  readonly #sessions: Map<string, Owned>;
  readonly #links = new Map<string, Owned>();

  /** Errors: `invalid_config` for a given token that can be guessed. */
  constructor({ entries, clock, isRequired, adminToken }: AccessOptions) {
    this.isRequired = isRequired;
    this.#entries = entries;
    this.#clock = clock;
    this.tokens = new TokenStore(entries, clock);
    this.#attempts = new FailedAttempts(clock);
    this.#given = adminToken === undefined ? undefined : givenToken(adminToken);
    this.#sessions = new Map(entries.sessions().map(({ hash, ...session }) => [hash, session]));
  }

  /** Whether anybody could come in as an admin, were a credential required. */
  hasAdmin(): boolean {
    return this.#adminId() !== undefined;
  }

  /**
   * Who comes with these. Errors: `not_authenticated`, `too_busy` after too many wrong ones, or
   * where the token has used what it may.
   */
  identify({ token, session, address }: Credentials): Principal {
    if (token !== undefined) return this.#byToken(token, address);
    if (session !== undefined) return this.#bySession(session);
    if (!this.isRequired) return local;
    throw new HeliosError('not_authenticated', 'This Helios asks who you are.', {
      hint: 'Send Authorization: Bearer and a token; helios token create makes one.',
    });
  }

  /** Begins a session for a token, or for a link that wasn't used yet. */
  signIn(by: { readonly token: string } | { readonly link: string }, address: string): Session {
    const tokenId = 'token' in by ? this.#byToken(by.token, address).tokenId : this.#take(by.link);
    const token = tokenId === undefined ? undefined : this.#standing(tokenId);
    if (token === undefined) {
      this.#attempts.count(address);
      throw new HeliosError('not_authenticated', 'This link was used already, or has expired.', {
        hint: 'Make another with: helios login.',
      });
    }
    if (token.scopes.every(({ kind }) => kind === 'ingest')) {
      throw new HeliosError('not_allowed', `The token ${token.name} is for ingest alone.`, {
        hint: 'Sign in with one that has the scope admin, console or read-only.',
      });
    }
    const secret = newSecret();
    const nowMs = this.#clock.nowMs();
    const expiresAtMs = Math.min(nowMs + sessionMs, token.expiresAtMs ?? Infinity);
    const session = { tokenId: token.id, expiresAtMs };
    this.#forgetSessions(token.id, nowMs);
    this.#entries.addSession({ hash: hashOf(secret), ...session }, nowMs);
    this.#sessions.set(hashOf(secret), session);
    return { principal: principalOf(token, 'session', expiresAtMs), secret, expiresAtMs };
  }

  /** Who that was; undefined where there was no such session, or none that stood. */
  signOut(secret: string): Principal | undefined {
    const hash = hashOf(secret);
    const begun = this.#begun(secret);
    if (this.#sessions.delete(hash)) this.#entries.deleteSession(hash);
    return begun && principalOf(begun.token, 'session', begun.expiresAtMs);
  }

  /** Whether these would still be taken; counts neither as a use nor as an attempt. */
  stands({ token, session }: Omit<Credentials, 'address'>): boolean {
    if (token !== undefined) return this.#found(token) !== undefined;
    return !this.isRequired || (session !== undefined && this.#begun(session) !== undefined);
  }

  /** A code that signs in once, as `principal`, or as an admin for who started Helios. */
  newLink(principal?: Principal): LoginLink {
    const tokenId = principal === undefined ? this.#adminId() : principal.tokenId;
    if (tokenId === undefined) {
      throw new HeliosError('conflict', 'Nobody needs to sign in here.', {
        hint: 'Open the console as it is.',
      });
    }
    const nowMs = this.#clock.nowMs();
    for (const [hash, { expiresAtMs }] of this.#links) {
      if (expiresAtMs <= nowMs) this.#links.delete(hash);
    }
    this.#dropOldest(this.#links, tokenId, linksOfTokenMax);
    const code = newSecret();
    const expiresAtMs = nowMs + linkMs;
    this.#links.set(hashOf(code), { tokenId, expiresAtMs });
    return { code, expiresAtMs };
  }

  /** Whether some token that stands serves pages of this origin. */
  servesOrigin(origin: string): boolean {
    return this.tokens.servesOrigin(origin);
  }

  /** The origins that the token of a principal serves. */
  originsOf({ tokenId }: Principal): readonly string[] {
    return tokenId === undefined ? [] : (this.#standing(tokenId)?.origins ?? []);
  }

  /** Makes durable what waits. */
  close(): void {
    this.tokens.storeUse();
  }

  #byToken(text: string, address: string): Principal {
    const found = this.#found(text);
    if (found === undefined) {
      this.#attempts.count(address);
      throw new HeliosError('not_authenticated', 'This token is not known, or does not stand.', {
        hint: 'It may have expired or been revoked; helios token list shows those there are.',
      });
    }
    this.tokens.use(found.id);
    return principalOf(found, 'token', found.expiresAtMs);
  }

  #bySession(secret: string): Principal {
    const begun = this.#begun(secret);
    if (begun !== undefined) {
      this.tokens.use(begun.token.id);
      return principalOf(begun.token, 'session', begun.expiresAtMs);
    }
    if (!this.isRequired) return local;
    throw new HeliosError('not_authenticated', 'The session has ended.', {
      hint: 'Sign in again.',
    });
  }

  #found(text: string): Token | undefined {
    const given = this.#given;
    return given !== undefined && isSame(text, given.hash) ? given.token : this.tokens.find(text);
  }

  #begun(secret: string): { readonly token: Token; readonly expiresAtMs: EpochMs } | undefined {
    const session = this.#sessions.get(hashOf(secret));
    if (session === undefined || session.expiresAtMs <= this.#clock.nowMs()) return undefined;
    const token = this.#standing(session.tokenId);
    return token && { token, expiresAtMs: session.expiresAtMs };
  }

  /** Those that are over, and the oldest of a token that has many. */
  #forgetSessions(tokenId: string, nowMs: EpochMs): void {
    for (const [hash, { expiresAtMs, tokenId: owner }] of this.#sessions) {
      const isOver = expiresAtMs <= nowMs || this.#standing(owner) === undefined;
      if (isOver) this.#sessions.delete(hash);
    }
    for (const hash of this.#dropOldest(this.#sessions, tokenId, sessionsOfTokenMax)) {
      this.#entries.deleteSession(hash);
    }
  }

  /** Makes room for one more of a token: nobody else's are touched. */
  #dropOldest(owned: Map<string, Owned>, tokenId: string, countMax: number): readonly string[] {
    const own = [...owned].flatMap(([hash, one]) => (one.tokenId === tokenId ? [hash] : []));
    const dropped = own.slice(0, Math.max(0, own.length - countMax + 1));
    for (const hash of dropped) owned.delete(hash);
    return dropped;
  }

  #take(code: string): string | undefined {
    const link = this.#links.get(hashOf(code));
    if (!this.#links.delete(hashOf(code)) || link === undefined) return undefined;
    return link.expiresAtMs > this.#clock.nowMs() ? link.tokenId : undefined;
  }

  #standing(tokenId: string): Token | undefined {
    return this.#given?.token.id === tokenId ? this.#given.token : this.tokens.standing(tokenId);
  }

  #adminId(): string | undefined {
    if (this.#given !== undefined) return this.#given.token.id;
    const admins = this.tokens.list().filter(({ scopes }) => isAdmin(scopes));
    return admins.find(({ id }) => this.tokens.standing(id) !== undefined)?.id;
  }
}

const local: Principal = {
  name: 'local',
  tokenId: undefined,
  scopes: [{ kind: 'admin' }],
  via: 'local',
  expiresAtMs: undefined,
};

/** Its id changes with it: sessions that were begun with another one end. */
function givenToken(text: string): { readonly token: Token; readonly hash: string } {
  if (text.length < adminTokenCharactersMin) {
    throw new HeliosError(
      'invalid_config',
      `The admin token has ${text.length} characters: it could be guessed.`,
      { hint: `Use at least ${adminTokenCharactersMin} random ones: openssl rand -hex 32.` },
    );
  }
  const hash = hashOf(text);
  const token: Token = {
    ...{ id: `given-${hash.slice(0, 10)}`, name: 'admin-token', scopes: [{ kind: 'admin' }] },
    ...{ origins: [], rate: undefined, createdAtMs: 0, createdBy: 'the start' },
    ...{ expiresAtMs: undefined, lastUsedAtMs: undefined, revokedAtMs: undefined },
  };
  return { token, hash };
}

function principalOf(
  { id, name, scopes }: Token,
  via: Principal['via'],
  expiresAtMs: EpochMs | undefined,
): Principal {
  return { name, tokenId: id, scopes, via, expiresAtMs };
}

function isAdmin(scopes: readonly Scope[]): boolean {
  return scopes.some(({ kind }) => kind === 'admin');
}
