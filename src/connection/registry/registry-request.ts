import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { HeliosError } from '../../base/errors.ts';
import { causesOf } from '../failure/causes.ts';
import { networkFailure } from '../failure/network-failure.ts';

/** How to reach a registry, with secrets as they are now. */
export type RegistryAccess = {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** Of Basic, name and password. */
  readonly credentials: { readonly key: string; readonly secret: string } | undefined;
  /** Who signed the server's certificate, as PEM; undefined: who everybody trusts. */
  readonly ca: string | undefined;
};

export type RegistryAnswer = { readonly status: number; readonly body: string };

const answerTimeoutMs = 10_000;
/** The longest schemas of large organisations are some hundred kilobytes. */
const answerBytesMax = 8 * 1024 * 1024;

/** Asks a registry. Fails with `unreachable`, or as the signal says. */
export async function askRegistry(
  access: RegistryAccess,
  path: string,
  signal: AbortSignal,
): Promise<RegistryAnswer> {
  const timeout = AbortSignal.timeout(answerTimeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  try {
    return await ask(access, path, either);
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    if (thrown instanceof HeliosError) throw thrown;
    const { endpoint } = access;
    const place = { address: endpoint, caOption: 'schema_registry.ca' };
    const described = networkFailure(causesOf(thrown), place);
    if (described !== undefined && !timeout.aborted) throw described;
    const what = timeout.aborted
      ? `did not answer within ${answerTimeoutMs / 1000} seconds`
      : 'does not speak HTTP as it should';
    throw new HeliosError('unreachable', `The schema registry at ${endpoint} ${what}.`, {
      hint: 'Check schema_registry.endpoint, and that this machine may reach it.',
      cause: thrown,
    });
  }
}

/** Node's own clients, because `fetch` takes no authority of one's own. */
async function ask(
  { endpoint, credentials, ca }: RegistryAccess,
  path: string,
  signal: AbortSignal,
): Promise<RegistryAnswer> {
  const url = new URL(`${endpoint}${path}`);
  const headers: Record<string, string> = {
    accept: 'application/vnd.schemaregistry.v1+json, application/json',
  };
  if (credentials !== undefined) headers['authorization'] = basic(credentials);
  return await new Promise((resolve, reject) => {
    const options = { headers, signal, ...(ca === undefined ? {} : { ca }) };
    const request = url.protocol === 'https:' ? requestTls : requestPlain;
    const sent = request(url, options, (response) => {
      readBody(response, endpoint).then(
        (body) => resolve({ status: response.statusCode ?? 0, body }),
        reject,
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function readBody(response: IncomingMessage, endpoint: string): Promise<string> {
  const parts: Buffer[] = [];
  let byteLength = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    byteLength += part.length;
    if (byteLength <= answerBytesMax) continue;
    const message = `The schema registry at ${endpoint} answers with more than 8 MiB.`;
    throw new HeliosError('unreachable', message, { hint: 'Check schema_registry.endpoint.' });
  }
  return Buffer.concat(parts).toString('utf8');
}

function basic({ key, secret }: { readonly key: string; readonly secret: string }): string {
  return `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`;
}
