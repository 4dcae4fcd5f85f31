import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import type { AccessEntries, TokenEntry } from '../catalog/access-entries.ts';
import { notFound } from '../catalog/catalog.ts';
import type { EpochMs } from '../event/record.ts';
import { RateLimit } from './rate-limit.ts';
import { parseScope, type Scope, scopeText } from './scope.ts';
import { hashOf, isSame, newToken, type Token, tokenIdOf } from './token.ts';

/** What is asked for with a new token. */
export type TokenRequest = Pick<
  Token,
  'name' | 'scopes' | 'origins' | 'rate' | 'expiresAtMs' | 'createdBy'
>;

type Kept = {
  readonly token: Token;
  readonly hash: string;
  readonly limit: RateLimit | undefined;
};

/** Every request asks for its token: they are kept in memory, and the catalog has them all. */
const tokensMax = 10_000;
/** How exact the time of last use is. */
const lastUsedEveryMs = 60_000;
/** A token may use what it was given for so long at once. */
const burstSeconds = 5;

/** The tokens of a catalog. */
export class TokenStore {
  readonly #entries: AccessEntries;
  readonly #clock: Clock;
  readonly #byId: Map<string, Kept>;
  readonly #used = new Map<string, EpochMs>();
  #storedUseAtMs = Number.NEGATIVE_INFINITY;

  constructor(entries: AccessEntries, clock: Clock) {
    this.#entries = entries;
    this.#clock = clock;
    this.#byId = new Map(
      entries.tokens().map((entry) => [entry.id, this.#kept(tokenOf(entry), entry.hash)]),
    );
  }

  /** With the time of last use, the oldest first. */
  list(): readonly Token[] {
    return [...this.#byId.values()].map(({ token }) => this.#withUse(token));
  }

  /** Whether a token that stands has the origin; asked of strangers' requests. */
  servesOrigin(origin: string): boolean {
    for (const { token } of this.#byId.values()) {
      if (token.origins.includes(origin) && this.#stands(token)) return true;
    }
    return false;
  }

  /** By id; undefined where it isn't, or not any more. */
  standing(id: string): Token | undefined {
    const token = this.#byId.get(id)?.token;
    return token !== undefined && this.#stands(token) ? token : undefined;
  }

  /** The token that `text` is; undefined for one that doesn't exist, was revoked or has expired. */
  find(text: string): Token | undefined {
    const kept = this.#byId.get(tokenIdOf(text) ?? '');
    if (kept === undefined || !isSame(text, kept.hash)) return undefined;
    return this.#stands(kept.token) ? kept.token : undefined;
  }

  /** Counts a use; `too_busy` where the token has none left. */
  use(id: string): void {
    const kept = this.#byId.get(id);
    if (kept === undefined) return;
    const waitMs = kept.limit?.take();
    if (waitMs !== undefined) throw tooMany(kept.token, waitMs);
    this.#used.set(id, this.#clock.nowMs());
    if (this.#clock.monotonicMs() - this.#storedUseAtMs >= lastUsedEveryMs) this.storeUse();
  }

  /** Makes times of last use durable. */
  storeUse(): void {
    this.#storedUseAtMs = this.#clock.monotonicMs();
    if (this.#used.size > 0) this.#entries.setLastUsed(this.#used);
    for (const [id, lastUsedAtMs] of this.#used) {
      const kept = this.#byId.get(id);
      if (kept !== undefined) {
        this.#byId.set(id, { ...kept, token: { ...kept.token, lastUsedAtMs } });
      }
    }
    this.#used.clear();
  }

  /** Errors: `already_exists`, `invalid_request`, `too_large`. */
  create(request: TokenRequest): { readonly token: Token; readonly text: string } {
    const createdAtMs = this.#clock.nowMs();
    checkRequest(request, createdAtMs);
    if (this.#byId.size >= tokensMax) {
      throw new HeliosError('too_large', `There are ${tokensMax} tokens, with those revoked.`, {
        hint: 'Let several programs use one.',
      });
    }
    const { id, text } = newToken();
    const hash = hashOf(text);
    const token: Token = {
      ...request,
      ...{ id, createdAtMs, lastUsedAtMs: undefined, revokedAtMs: undefined },
    };
    this.#entries.addToken({ ...token, hash, content: contentOf(request) });
    this.#byId.set(id, this.#kept(token, hash));
    return { token, text };
  }

  /** By id or name; of several with one name the one that isn't revoked. `not_found`. */
  revoke(idOrName: string): Token {
    const wanted = idOrName.toLowerCase();
    const all = [...this.#byId.values()];
    const found =
      this.#byId.get(wanted) ??
      all.find(({ token }) => isActive(token) && token.name.toLowerCase() === wanted) ??
      all.find(({ token }) => token.name.toLowerCase() === wanted);
    if (found === undefined) {
      const names = all.flatMap(({ token }) => (isActive(token) ? [token.name] : []));
      throw notFound('token', idOrName, names);
    }
    if (!isActive(found.token)) return found.token;
    const revokedAtMs = this.#clock.nowMs();
    const token = { ...found.token, revokedAtMs };
    this.#entries.revokeToken(token.id, revokedAtMs);
    this.#byId.set(token.id, { ...found, token });
    return this.#withUse(token);
  }

  #stands({ revokedAtMs, expiresAtMs }: Token): boolean {
    return revokedAtMs === undefined && (expiresAtMs ?? Infinity) > this.#clock.nowMs();
  }

  #kept(token: Token, hash: string): Kept {
    const { rate } = token;
    if (rate === undefined) return { token, hash, limit: undefined };
    const options = { burst: Math.max(1, rate * burstSeconds), perSecond: rate };
    return { token, hash, limit: new RateLimit(options, this.#clock) };
  }

  #withUse(token: Token): Token {
    return { ...token, lastUsedAtMs: this.#used.get(token.id) ?? token.lastUsedAtMs };
  }
}

/** Neither revoked nor, at `nowMs`, expired. */
export function tokenState(token: Token, nowMs: EpochMs): 'active' | 'expired' | 'revoked' {
  if (!isActive(token)) return 'revoked';
  return (token.expiresAtMs ?? Infinity) > nowMs ? 'active' : 'expired';
}

function isActive({ revokedAtMs }: Token): boolean {
  return revokedAtMs === undefined;
}

type Content = {
  readonly scopes: readonly string[];
  readonly origins: readonly string[];
  readonly rate?: number | undefined;
  readonly expiresAtMs?: number | undefined;
  readonly createdBy: string;
};

function contentOf({ scopes, origins, rate, expiresAtMs, createdBy }: TokenRequest): string {
  const content: Content = { ...{ origins, rate, expiresAtMs, createdBy }, scopes: texts(scopes) };
  return JSON.stringify(content);
}

function tokenOf(entry: TokenEntry): Token {
  const content = JSON.parse(entry.content) as Content;
  const { id, name, createdAtMs, lastUsedAtMs, revokedAtMs } = entry;
  const { origins, rate, expiresAtMs, createdBy } = content;
  return {
    ...{ id, name, createdAtMs, lastUsedAtMs, revokedAtMs },
    ...{ origins, rate, expiresAtMs, createdBy },
    scopes: content.scopes.map(parseScope),
  };
}

function texts(scopes: readonly Scope[]): readonly string[] {
  return scopes.map(scopeText);
}

function checkRequest({ name, scopes, origins, rate, expiresAtMs }: TokenRequest, nowMs: EpochMs) {
  const refuse = (message: string, hint: string): never => {
    throw new HeliosError('invalid_request', message, { hint });
  };
  if (!/^[\w.@-]{1,100}$/.test(name)) {
    refuse(
      `${JSON.stringify(name)} is no name of a token.`,
      'Use letters, digits and . _ - @, at most 100: it stands in the audit log.',
    );
  }
  if (scopes.length === 0) refuse('The token would allow nothing.', 'Give at least one scope.');
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs) {
    refuse('The token would have expired already.', 'Give a time in the future.');
  }
  if (rate !== undefined && !(rate > 0 && rate <= 1_000_000)) {
    refuse(`A rate of ${rate} requests a second is none.`, 'Use a number above 0.');
  }
  if (origins.length > 0 && scopes.some(({ kind }) => kind !== 'ingest')) {
    refuse(
      'A token that web pages have is known to whoever sees them: it may do nothing but ingest.',
      'Leave its origins out, or its other scopes.',
    );
  }
  const bad = origins.find((origin) => !isOrigin(origin));
  if (bad !== undefined) {
    refuse(`${JSON.stringify(bad)} is no origin.`, 'Write it as https://shop.example, no path.');
  }
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
}

function tooMany({ name, rate }: Token, waitMs: number): HeliosError {
  return new HeliosError('too_busy', `The token ${name} has used its ${rate} requests a second.`, {
    hint: 'Send more events in one request, or make a token with a higher rate.',
    details: { retryAfterMs: waitMs },
  });
}
