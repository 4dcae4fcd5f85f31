import { lookup } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';

/** Requests that may be under way to one store at once. */
const connectionsMax = 32;

export type S3Agents = { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent };

/** Connections to one store. `ca`, as PEM, is trusted in place of the authorities Node knows. */
export function s3Agents(ca: string | undefined): S3Agents {
  const common = { keepAlive: true, maxSockets: connectionsMax, lookup: lookupLocal };
  return {
    httpAgent: new HttpAgent(common),
    httpsAgent: new HttpsAgent({ ...common, ...(ca === undefined ? {} : { ca }) }),
  };
}

/**
 * Names below `localhost` are this machine (RFC 6761, 6.3), which few systems know: in virtual-host
 * style a store on this machine has one for each bucket.
 */
const lookupLocal: LookupFunction = (hostname, options, callback) => {
  const isLocal = /\.localhost\.?$/i.test(hostname);
  lookup(isLocal ? 'localhost' : hostname, options, callback);
};
