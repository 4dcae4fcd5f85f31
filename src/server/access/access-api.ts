/** Access as it travels. Types only: nothing to import at run time. */

/**
 * What a token allows: `admin`, `console`, `read-only`, `query:TABLE`, `ingest:STREAM` (`*`: each).
 */
export type ScopeText = string;

/** Who asks, as the server sees it. */
export type PrincipalAnswer = {
  /** Name of the token; `local` for programs of this machine where none is needed. */
  readonly name: string;
  readonly scopes: readonly ScopeText[];
  readonly via: 'local' | 'token' | 'session';
  readonly expires_at?: string | undefined;
};

/** `GET /api/v1/session`: also to who hasn't signed in. */
export type SessionAnswer = {
  /** Whether anything but this answer and the pages themselves needs a token. */
  readonly required: boolean;
  readonly principal?: PrincipalAnswer | undefined;
};

/** `POST /api/v1/session` signs in: the answer's cookie is the session. `DELETE` signs out. */
export type SignInBody = { readonly token: string } | { readonly link: string };

/** `POST /api/v1/login-links`: opens the console once, for who has no token at hand. */
export type LoginLinkAnswer = {
  /** With the code behind `#`, which browsers send to nobody. */
  readonly url: string;
  readonly expires_at: string;
};

/** `POST /api/v1/tokens`. */
export type TokenBody = {
  readonly name: string;
  readonly scopes: readonly ScopeText[];
  /** RFC 3339, in the future; absent: it doesn't expire. */
  readonly expires_at?: string | undefined;
  /** Origins of web pages that may post with it; for ingest alone. */
  readonly origins?: readonly string[] | undefined;
  /** Requests a second, on average over some seconds; absent: as many as the machine takes. */
  readonly rate?: number | undefined;
};

/** A token as it is listed: never what it opens with. */
export type TokenAnswer = {
  /** Its beginning after `hls_`, which names it in the audit log. */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly ScopeText[];
  readonly origins: readonly string[];
  readonly rate?: number | undefined;
  readonly created_at: string;
  /** Name of the token that made it. */
  readonly created_by: string;
  readonly expires_at?: string | undefined;
  /** To the minute. */
  readonly last_used_at?: string | undefined;
  readonly state: 'active' | 'expired' | 'revoked';
};

/** `GET /api/v1/tokens`. `DELETE /api/v1/tokens/{id}` revokes one, by id or name. */
export type TokenListAnswer = { readonly tokens: readonly TokenAnswer[] };

/** What `POST /api/v1/tokens` answers: the only time that `token` is told. */
export type NewTokenAnswer = TokenAnswer & { readonly token: string };
