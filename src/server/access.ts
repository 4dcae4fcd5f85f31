import { HeliosError } from '../base/errors.ts';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Who may talk to a server that has no credentials: programs on this machine, and the pages that it
 * serves itself. A foreign web page reaches a loopback port in two ways, and each is closed: by its
 * own name that resolves to 127.0.0.1 (the Host header says so: 421), and by a cross-site request
 * from the user's browser (Origin or Sec-Fetch-Site say so: 403). A program sends neither header.
 */
export type AccessRules = {
  /** Values of `Host` that mean this server, lower case, with the port. */
  readonly hosts: ReadonlySet<string>;
  /** Web pages elsewhere that were allowed by name. */
  readonly allowedOrigins: ReadonlySet<string>;
};

/**
 * The hosts of a server on `port`: the names of the loopback interface, and the address it is bound
 * to.
 */
export function accessRules(
  host: string,
  port: number,
  allowedOrigins: readonly string[],
): AccessRules {
  const names = ['localhost', '127.0.0.1', '[::1]', host.includes(':') ? `[${host}]` : host];
  // Browsers and programs leave the port out where it is the scheme's own.
  const hosts = names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  return { hosts: new Set(hosts), allowedOrigins: new Set(allowedOrigins) };
}

/**
 * Throws `misdirected` or `not_allowed`. The result is the foreign origin that was allowed by name,
 * for the answer's CORS headers; undefined where there is none.
 */
export function checkAccess(
  rules: AccessRules,
  method: string | undefined,
  headers: IncomingHttpHeaders,
): string | undefined {
  const host = headers.host?.toLowerCase();
  if (host === undefined || !rules.hosts.has(host)) throw misdirected(host, rules);
  const origin = headers.origin;
  if (origin === undefined) {
    checkFetchSite(method, headers);
    return undefined;
  }
  if (origin === `http://${host}`) return undefined;
  if (rules.allowedOrigins.has(origin)) return origin;
  throw new HeliosError(
    'not_allowed',
    `Requests from pages of ${JSON.stringify(origin)} are not allowed.`,
    {
      hint:
        'Use a page of this server, or a program, which sends no Origin header. ' +
        'Allowing another origin is a matter of its configuration.',
    },
  );
}

/** Hosts that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function misdirected(host: string | undefined, rules: AccessRules): HeliosError {
  const name = host === undefined ? 'without a Host header' : `for host ${JSON.stringify(host)}`;
  const known = [...rules.hosts].join(', ');
  return new HeliosError('misdirected', `This server does not answer requests ${name}.`, {
    hint: `Use one of ${known}.`,
  });
}

/** Browsers leave Origin out of some requests, but not this header. */
function checkFetchSite(method: string | undefined, headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  if (isNavigation(method, headers)) return;
  throw new HeliosError('not_allowed', 'Requests from pages of other sites are not allowed.', {
    hint: 'Use a page of this server, or a program.',
  });
}

/** A followed link: the page it comes from never sees the answer, and GET changes nothing. */
function isNavigation(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'GET' &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  );
}
