import type { IncomingMessage } from 'node:http';

/**
 * Over https the browser holds the prefix to its word: this host alone, and no plain http (RFC
 * 6265bis, 4.1.3.2).
 */
function cookieName(isSecure: boolean): string {
  return isSecure ? '__Host-helios_session' : 'helios_session';
}

/**
 * What the session's cookie holds; undefined where there is none. Over https the name without the
 * prefix is nobody's: another site of the same domain may have set it, to have somebody work in a
 * session that isn't theirs.
 */
export function sessionOf({ headers }: IncomingMessage, isSecure: boolean): string | undefined {
  if (headers.cookie === undefined) return undefined;
  for (const pair of headers.cookie.split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === cookieName(isSecure)) return value;
  }
  return undefined;
}

/** No script reads it, and no other site's page sends it. `maxAgeSeconds` 0 takes it away. */
export function sessionCookie(secret: string, maxAgeSeconds: number, isSecure: boolean): string {
  const flags = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${Math.floor(maxAgeSeconds)}`;
  return `${cookieName(isSecure)}=${secret}; ${flags}${isSecure ? '; Secure' : ''}`;
}
