import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const daysValid = '3650';

/** Paths of PEM files. */
export type KafkaCertificates = {
  /** The authority that signed the broker's certificate (for 127.0.0.1 and localhost). */
  readonly authority: string;
  /** The broker's key and certificate in one file. */
  readonly serverStore: string;
  /** Of a client that the authority has signed: `CN=client`. */
  readonly clientCertificate: string;
  readonly clientKey: string;
};

const serverNamesDefault = 'IP:127.0.0.1,DNS:localhost';

/** A server's, and whoever vouches for it: paths of PEM files. */
export type ServerCertificate = {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
};

/** Makes an authority and a server that it vouches for, by `openssl`, for names such as `DNS:a`. */
export async function makeServerCertificate(
  folder: string,
  names: string,
): Promise<ServerCertificate> {
  const authority = await makeAuthority(folder);
  const server = await makeSigned(folder, { name: 'server', names }, authority);
  return { authority: authority.certificate, ...server };
}

/** Makes an authority, and a server and a client that it vouches for, by `openssl`. */
export async function makeCertificates(folder: string): Promise<KafkaCertificates> {
  const authority = await makeAuthority(folder);
  const names = serverNamesDefault;
  const server = await makeSigned(folder, { name: 'server', names }, authority);
  const client = await makeSigned(folder, { name: 'client', names }, authority);
  const serverStore = join(folder, 'server-store.pem');
  const parts = [await readFile(server.key), await readFile(server.certificate)];
  await writeFile(serverStore, Buffer.concat(parts));
  return {
    authority: authority.certificate,
    serverStore,
    clientCertificate: client.certificate,
    clientKey: client.key,
  };
}

type Pair = { readonly key: string; readonly certificate: string };

async function makeAuthority(folder: string): Promise<Pair> {
  const pair = { key: join(folder, 'ca.key'), certificate: join(folder, 'ca.pem') };
  await openssl([
    ...['req', '-x509', '-subj', '/CN=helios-test-ca', '-days', daysValid],
    ...newKey(pair.key),
    ...['-out', pair.certificate],
  ]);
  return pair;
}

async function makeSigned(
  folder: string,
  { name, names }: { readonly name: string; readonly names: string },
  authority: Pair,
): Promise<Pair> {
  const pair = { key: join(folder, `${name}.key`), certificate: join(folder, `${name}.pem`) };
  const request = join(folder, `${name}.csr`);
  const extensions = join(folder, `${name}.ext`);
  await writeFile(extensions, `subjectAltName=${names}\n`);
  await openssl(['req', '-new', '-subj', `/CN=${name}`, ...newKey(pair.key), '-out', request]);
  await openssl([
    ...['x509', '-req', '-in', request, '-days', daysValid, '-extfile', extensions],
    ...['-CA', authority.certificate, '-CAkey', authority.key, '-CAcreateserial'],
    ...['-out', pair.certificate],
  ]);
  return pair;
}

function newKey(path: string): readonly string[] {
  return ['-newkey', 'rsa:2048', '-noenc', '-keyout', path];
}

async function openssl(words: readonly string[]): Promise<void> {
  await run('openssl', words);
}
