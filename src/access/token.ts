import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { EpochMs } from '../event/record.ts';
import type { Scope } from './scope.ts';

/** A token as its owner made it, without what it opens with. */
export type Token = {
  /** Part of the token itself, so that it can be found without comparing all hashes. */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Origins of web pages that may post with it. */
  readonly origins: readonly string[];
  /** Requests a second, over some seconds; undefined: as many as the machine takes. */
  readonly rate: number | undefined;
  readonly createdAtMs: EpochMs;
  readonly createdBy: string;
  readonly expiresAtMs: EpochMs | undefined;
  readonly lastUsedAtMs: EpochMs | undefined;
  readonly revokedAtMs: EpochMs | undefined;
};

/** `local`: a program of this machine, where none is needed. */
export type Principal = {
  readonly name: string;
  readonly tokenId: string | undefined;
  readonly scopes: readonly Scope[];
  readonly via: 'local' | 'token' | 'session';
  readonly expiresAtMs: EpochMs | undefined;
};

/**
 * A new token: `hls_`, ten characters that name it, and 256 random bits. The prefix lets scanners
 * of repositories find one that leaked.
 */
export function newToken(): { readonly id: string; readonly text: string } {
  const id = randomBytes(5).toString('hex');
  return { id, text: `hls_${id}_${newSecret()}` };
}

/** 256 random bits. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** The id in what looks like a token; undefined for anything else. */
export function tokenIdOf(text: string): string | undefined {
  return /^hls_([\da-f]{10})_[\w-]{43}$/.exec(text)?.[1];
}

/** A text without what opens anything in the tokens that stand in it: their ids stay. */
export function withoutTokens(text: string): string {
  return text.replaceAll(/(hls_[\da-f]{10}_)[\w-]{43}/g, '$1…');
}

/**
 * SHA-256 in hex. Secrets of 256 random bits need no slow hash: there is nothing to try through.
 */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** In a time that doesn't tell how much of it is right. */
export function isSame(secret: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(hash));
}
