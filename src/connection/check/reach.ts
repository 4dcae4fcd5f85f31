import { lookup } from 'node:dns/promises';
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { HeliosError, systemCode } from '../../base/errors.ts';
import { networkFailure } from '../failure/network-failure.ts';
import type { TlsMaterial } from '../kafka/tls-material.ts';

export type Address = { readonly host: string; readonly port: number };

export type TlsProbe = {
  readonly material: TlsMaterial;
  /** Undefined: the host's own. */
  readonly serverName: string | undefined;
  readonly caOption: string | undefined;
  readonly clock: Clock;
};

/** What was tried on several addresses: texts where it went well, and the first failure. */
export type Reached = {
  readonly good: readonly Address[];
  readonly texts: readonly string[];
  readonly failures: readonly HeliosError[];
};

/** Tries something on each address at once. Where it goes well nowhere, the first failure is it. */
export async function reachAny(
  addresses: readonly Address[],
  probe: (address: Address) => Promise<string>,
): Promise<Reached> {
  const outcomes = await Promise.all(addresses.map((address) => settle(address, probe)));
  const good = outcomes.flatMap(({ address, text }) => (text === undefined ? [] : [address]));
  const texts = outcomes.flatMap(({ text }) => (text === undefined ? [] : [text]));
  const failures = outcomes.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  const [first] = failures;
  if (good.length === 0 && first !== undefined) throw first;
  return { good, texts, failures };
}

/** `broker-1 is 10.0.0.1`. Fails with `unreachable`. */
export async function probeName({ host, port }: Address): Promise<string> {
  if (isIP(host) !== 0) return `${host} is an address`;
  try {
    const found = await lookup(host, { all: true });
    return `${host} is ${found.map(({ address }) => address).join(', ')}`;
  } catch (thrown) {
    throw described(thrown, { host, port }, undefined);
  }
}

/** `broker-1:9092`. Fails with `unreachable`. */
export async function probeSocket(address: Address, signal: AbortSignal): Promise<string> {
  const socket = connectSocket({ ...address, signal, timeout: connectTimeoutMs });
  await untilOpen(socket, 'connect', address);
  socket.destroy();
  return addressText(address);
}

/** Names and expiry of the certificate. Fails with `unreachable`. */
export async function probeTls(
  address: Address,
  probe: TlsProbe,
  signal: AbortSignal,
): Promise<string> {
  const serverName = probe.serverName ?? (isIP(address.host) === 0 ? address.host : undefined);
  // The socket is ours to abort: `tls.connect` takes no signal.
  const socket = connectTls({
    ...probe.material,
    ...address,
    timeout: connectTimeoutMs,
    ...(serverName === undefined ? {} : { servername: serverName }),
  });
  const ticket = Promise.withResolvers<void>();
  socket.once('session', () => ticket.resolve());
  const abort = (): void => void socket.destroy(new HeliosError('timeout', 'No time is left.'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    await untilOpen(socket, 'secureConnect', address, probe.caOption);
    const text = certificateText(socket, probe.clock.nowMs());
    await untilTaken(socket, ticket.promise, { address, probe });
    return text;
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

export function addressText({ host, port }: Address): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An address that doesn't answer would hold up the rest of the test. */
const connectTimeoutMs = 8_000;
/** Servers that give no tickets are waited for no longer. */
const refusalWaitMs = 1500;
/** One that looks at our certificate may be busy; that it lets us in is all the question. */
const ownRefusalWaitMs = 8_000;
const dayMs = 24 * 60 * 60 * 1000;
/** A certificate that ends so soon is worth a word. */
const endsSoonMs = 30 * dayMs;

async function settle(
  address: Address,
  probe: (address: Address) => Promise<string>,
): Promise<{ address: Address; text?: string; failure?: HeliosError }> {
  try {
    return { address, text: await probe(address) };
  } catch (thrown) {
    if (thrown instanceof HeliosError) return { address, failure: thrown };
    throw thrown;
  }
}

async function untilOpen(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  address: Address,
  caOption?: string,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once(event, () => resolve());
  socket.once('timeout', () => socket.destroy(Object.assign(new Error('Silence.'), silence)));
  socket.on('error', reject);
  try {
    await promise;
  } catch (thrown) {
    if (event === 'secureConnect' && systemCode(thrown) === 'ECONNRESET') throw noTls(address);
    throw described(thrown, address, caOption);
  }
}

function noTls(address: Address): HeliosError {
  const message = `${addressText(address)} closed the connection when TLS began.`;
  return new HeliosError('unreachable', message, {
    hint: 'It may not speak TLS. Use the port for TLS, or set auth.protocol to one without it.',
  });
}

/**
 * With TLS 1.3 the server looks at the client's certificate after the client's handshake is done:
 * a refusal comes then. A session's ticket comes from servers that took it.
 */
async function untilTaken(
  socket: TLSSocket,
  ticket: Promise<void>,
  { address, probe }: { readonly address: Address; readonly probe: TlsProbe },
): Promise<void> {
  if (socket.getProtocol() !== 'TLSv1.3') return;
  const { promise, reject } = Promise.withResolvers<never>();
  socket.once('error', reject);
  socket.once('close', () => reject(Object.assign(new Error('Closed.'), { code: 'ECONNRESET' })));
  const waitMs = probe.material.cert === undefined ? refusalWaitMs : ownRefusalWaitMs;
  const waited = new AbortController();
  const wait = probe.clock.sleep(waitMs, waited.signal).catch(() => undefined);
  try {
    await Promise.race([promise, ticket, wait]);
  } catch (thrown) {
    throw described(thrown, address, probe.caOption);
  } finally {
    waited.abort();
  }
}

const silence = { code: 'ETIMEDOUT' };

function described(thrown: unknown, address: Address, caOption: string | undefined): HeliosError {
  if (thrown instanceof HeliosError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  // Several addresses of one name fail as one error that holds theirs.
  const causes = error instanceof AggregateError ? (error.errors as readonly Error[]) : [error];
  const text = addressText(address);
  const failure = networkFailure(causes, { address: text, caOption });
  if (failure !== undefined) return failure;
  const code = systemCode(error) ?? 'unknown reason';
  return new HeliosError('unreachable', `Connecting to ${text} failed (${code}).`, {
    hint: 'Check that this machine may reach it.',
  });
}

function certificateText(socket: TLSSocket, nowMs: number): string {
  const certificate = socket.getPeerCertificate();
  const endMs = Date.parse(certificate.valid_to);
  const days = Math.floor((endMs - nowMs) / dayMs);
  const soon = endMs - nowMs < endsSoonMs ? `, in ${days} days` : '';
  const end = new Date(endMs).toISOString().slice(0, 10);
  const names = namesOf(certificate).slice(0, 5).join(', ');
  const issuer = firstOf(certificate.issuer.CN) ?? firstOf(certificate.issuer.O) ?? 'somebody';
  return `${socket.getProtocol()}; for ${names}; by ${issuer}; until ${end}${soon}`;
}

function namesOf(certificate: PeerCertificate): readonly string[] {
  const listed = certificate.subjectaltname?.split(', ') ?? [];
  const names = listed.map((name) => name.replace(/^(DNS|IP Address):/, ''));
  return names.length > 0 ? names : [firstOf(certificate.subject.CN) ?? 'nobody'];
}

function firstOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
