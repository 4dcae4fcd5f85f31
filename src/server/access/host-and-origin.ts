import { networkInterfaces } from 'node:os';
import { HeliosError } from '../../base/errors.ts';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * By which names this server is asked, and for which pages. A foreign web page reaches a server in
 * two ways, and each is closed: by its own name that resolves to the server's address (the Host
 * header says so: 421), and by a cross-site request from the user's browser (Origin or
 * Sec-Fetch-Site say so: 403). A program sends neither header.
 */
export type AccessRules = {
  /** Values of `Host` that mean this server, lower case, with the port. */
  readonly hosts: ReadonlySet<string>;
  /** Origin of the address that a proxy in front of this server is reached by. */
  readonly publicOrigin: string | undefined;
  /** Web pages elsewhere that were allowed by name. */
  readonly allowedOrigins: ReadonlySet<string>;
};

/**
 * The hosts of a server on `port`: the names of the loopback interface, the address it is bound to
 * (of all interfaces: each of their addresses), and that of `publicUrl`.
 */
export function accessRules(
  { host, port }: { readonly host: string; readonly port: number },
  allowedOrigins: readonly string[],
  publicUrl?: string,
): AccessRules {
  const bound = host === '0.0.0.0' || host === '::' ? ownAddresses() : [host];
  const names = ['localhost', '127.0.0.1', '[::1]', ...bound.map(hostInUrl)];
  // Browsers and programs leave the port out where it is the scheme's own.
  const hosts = names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  const outside = publicUrl === undefined ? undefined : new URL(publicUrl);
  return {
    hosts: new Set([...hosts, ...(outside === undefined ? [] : hostsOf(outside))]),
    publicOrigin: outside?.origin,
    allowedOrigins: new Set(allowedOrigins),
  };
}

type Asked = {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
};

/**
 * Throws `misdirected` or `not_allowed`. The result is the foreign origin that was allowed by name,
 * or that `isServed` knows, for the answer's CORS headers; undefined where there is none.
 */
export function checkAccess(
  rules: AccessRules,
  { method, headers }: Asked,
  isServed?: (origin: string) => boolean,
): string | undefined {
  const host = headers.host?.toLowerCase();
  if (host === undefined || !rules.hosts.has(host)) throw misdirected(host, rules);
  const origin = headers.origin;
  if (origin === undefined) {
    checkFetchSite(method, headers);
    return undefined;
  }
  if (origin === `http://${host}` || origin === rules.publicOrigin) return undefined;
  if (rules.allowedOrigins.has(origin) || isServed?.(origin) === true) return origin;
  throw new HeliosError(
    'not_allowed',
    `Requests from pages of ${JSON.stringify(origin)} are not allowed.`,
    {
      hint:
        'Use a page of this server, or a program, which sends no Origin header. For events of ' +
        'other pages make a token: helios token create NAME --scope ingest:STREAM --origin URL.',
    },
  );
}

/** Hosts that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).map(({ address }) => address),
  );
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** With the port too where the scheme leaves it out. */
function hostsOf({ host, hostname, port, protocol }: URL): readonly string[] {
  return port === '' ? [host, `${hostname}:${protocol === 'https:' ? 443 : 80}`] : [host];
}

function misdirected(host: string | undefined, rules: AccessRules): HeliosError {
  const name = host === undefined ? 'without a Host header' : `for host ${JSON.stringify(host)}`;
  // Strangers needn't know by which addresses a network of its own has it.
  const known = rules.publicOrigin ?? [...rules.hosts].join(', ');
  return new HeliosError('misdirected', `This server does not answer requests ${name}.`, {
    hint: `Use one of ${known}; --public-url says by which other name it is reached.`,
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
