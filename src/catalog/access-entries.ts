import type { DatabaseSync } from 'node:sqlite';
import { HeliosError } from '../base/errors.ts';
import type { EpochMs } from '../event/record.ts';

/** A token as it is kept: with it alone nobody gets in. */
export type TokenEntry = {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the whole token, in hex. */
  readonly hash: string;
  /** What it allows, whom it serves; JSON that its owner understands. */
  readonly content: string;
  readonly createdAtMs: EpochMs;
  readonly lastUsedAtMs: EpochMs | undefined;
  readonly revokedAtMs: EpochMs | undefined;
};

/** Somebody who has signed in with a token. */
export type SessionEntry = {
  /** SHA-256 of what the cookie holds, in hex. */
  readonly hash: string;
  readonly tokenId: string;
  readonly expiresAtMs: EpochMs;
};

export const accessTables = `
  CREATE TABLE IF NOT EXISTS tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE,
    hash TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    last_used_at_ms INTEGER,
    revoked_at_ms INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS tokens_by_name ON tokens (name) WHERE revoked_at_ms IS NULL;
  CREATE TABLE IF NOT EXISTS sessions (
    hash TEXT PRIMARY KEY,
    token_id TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL
  ) STRICT;
`;

/** Tokens and sessions of a catalog. Every change is durable when its method returns. */
export class AccessEntries {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The oldest first. */
  tokens(): readonly TokenEntry[] {
    return this.#database
      .prepare('SELECT * FROM tokens ORDER BY created_at_ms, rowid')
      .all()
      .map(toToken);
  }

  /** `already_exists` when one that isn't revoked has the name. */
  addToken(entry: TokenEntry): void {
    const { changes } = this.#database
      .prepare('INSERT OR IGNORE INTO tokens VALUES (?, ?, ?, ?, ?, NULL, NULL)')
      .run(entry.id, entry.name, entry.hash, entry.content, entry.createdAtMs);
    if (changes === 1) return;
    throw new HeliosError('already_exists', `A token named ${entry.name} exists.`, {
      hint: `Choose another name, or revoke it first: helios token revoke ${entry.name}.`,
    });
  }

  setLastUsed(used: ReadonlyMap<string, EpochMs>): void {
    const update = this.#database.prepare('UPDATE tokens SET last_used_at_ms = ? WHERE id = ?');
    this.#database.exec('BEGIN IMMEDIATE');
    for (const [id, atMs] of used) update.run(atMs, id);
    this.#database.exec('COMMIT');
  }

  /** Ends its sessions too. */
  revokeToken(id: string, atMs: EpochMs): void {
    this.#database.exec('BEGIN IMMEDIATE');
    this.#database.prepare('UPDATE tokens SET revoked_at_ms = ? WHERE id = ?').run(atMs, id);
    this.#database.prepare('DELETE FROM sessions WHERE token_id = ?').run(id);
    this.#database.exec('COMMIT');
  }

  /** In the order of their end. */
  sessions(): readonly SessionEntry[] {
    return this.#database
      .prepare('SELECT * FROM sessions ORDER BY expires_at_ms')
      .all()
      .map(toSession);
  }

  /** Forgets those that had expired by `nowMs` on the way. */
  addSession({ hash, tokenId, expiresAtMs }: SessionEntry, nowMs: EpochMs): void {
    this.#database.exec('BEGIN IMMEDIATE');
    this.#database.prepare('DELETE FROM sessions WHERE expires_at_ms <= ?').run(nowMs);
    this.#database.prepare('INSERT INTO sessions VALUES (?, ?, ?)').run(hash, tokenId, expiresAtMs);
    this.#database.exec('COMMIT');
  }

  deleteSession(hash: string): void {
    this.#database.prepare('DELETE FROM sessions WHERE hash = ?').run(hash);
  }
}

type SqliteRow = Record<string, unknown>;

function toToken(row: SqliteRow): TokenEntry {
  return {
    id: String(row['id']),
    name: String(row['name']),
    hash: String(row['hash']),
    content: String(row['content']),
    createdAtMs: Number(row['created_at_ms']),
    lastUsedAtMs: optionalTime(row['last_used_at_ms']),
    revokedAtMs: optionalTime(row['revoked_at_ms']),
  };
}

function optionalTime(value: unknown): EpochMs | undefined {
  return typeof value === 'number' ? value : undefined;
}

function toSession(row: SqliteRow): SessionEntry {
  return {
    hash: String(row['hash']),
    tokenId: String(row['token_id']),
    expiresAtMs: Number(row['expires_at_ms']),
  };
}
