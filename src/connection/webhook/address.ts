import { lookup as lookupName } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';
import { HeliosError } from '../../base/errors.ts';
import { parseSecretReference, templatePattern } from '../../sql/connector/secret-reference.ts';
import type { Secrets } from '../connection.ts';
import { optionValue } from '../option-value.ts';

/**
 * Addresses at which clouds give credentials to whoever asks: link-local ones, and those that some
 * have besides.
 */
const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16, 'ipv4');
metadata.addSubnet('fe80::', 10, 'ipv6');
metadata.addAddress('fd00:ec2::254', 'ipv6');
metadata.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
metadata.addAddress('100.100.100.200', 'ipv4');
metadata.addAddress('192.0.0.192', 'ipv4');
metadata.addAddress('168.63.129.16', 'ipv4');

/**
 * Refuses what could never be called: `invalid_config` for what is neither an address nor a
 * reference, `not_allowed` for addresses of metadata. What a reference leads to is seen when it is
 * needed.
 */
export function checkAddress(text: string): void {
  // Only whole, a text with `{{ NAME }}` in it is an address.
  if (parseSecretReference(text) !== undefined || text.search(templatePattern) >= 0) return;
  const url = parsed(text, 'The webhook');
  if (url.username === '' && url.password === '') return;
  throw new HeliosError('invalid_config', 'The webhook has a password in its address.', {
    hint: 'Keep the whole address as a secret, and give a reference such as env:ALERT_URL.',
  });
}

/** The address itself. Errors name the reference, never what it leads to. */
export async function resolveAddress(text: string, secrets: Secrets): Promise<URL> {
  const isReference = parseSecretReference(text) !== undefined;
  const resolved = (await optionValue({ text }, 'text', secrets)) ?? '';
  return parsed(resolved.trim(), isReference ? `What ${text.trim()} leads to` : 'The webhook');
}

/** Scheme and host alone: paths of webhooks are often secrets. */
export function shownAddress({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

/** Looks names up as usual, and refuses those that lead to metadata: for this very connection. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookupName(hostname, { ...options, all: true }, (failure, found) => {
    const [first] = found ?? [];
    if (failure !== null || first === undefined) {
      callback(failure ?? new Error(`${hostname} has no address`), '', 0);
    } else if (found.some(({ address }) => isMetadata(address))) {
      callback(refused(hostname), '', 0);
    } else if (options.all === true) callback(null, found);
    else callback(null, first.address, first.family);
  });
};

function parsed(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new HeliosError('invalid_config', `${what} is no http or https address.`, {
      hint: 'Give one such as https://example.com/hook, or a reference to a secret: env:ALERT_URL.',
    });
  }
  // A name is looked at when it is looked up; an address never is.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isMetadata(host)) throw refused(host);
  return url;
}

function isMetadata(address: string): boolean {
  return metadata.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function refused(host: string): HeliosError {
  return new HeliosError(
    'not_allowed',
    `The webhook's host ${host} is a link-local or metadata address, which is never called.`,
    { hint: 'Give the address of a server that is meant to be called.' },
  );
}
