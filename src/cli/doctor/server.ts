import { createServer } from 'node:net';
import { systemCode } from '../../base/errors.ts';
import type { HealthAnswer } from '../../server/health-api.ts';
import type { Client } from '../client/client.ts';
import type { Config } from '../config.ts';
import { durationText } from '../render/numbers.ts';
import { type Check, fail, type Finding, ok, reasonOf, warn } from '../../doctor/check.ts';

/** Whether Helios answers, and if not, whether it could. */
export function serverChecks(
  client: Client,
  config: Config,
  signal: AbortSignal,
): readonly Check[] {
  const why = 'Events, queries and the console go through it: one Helios at an address.';
  return [{ name: 'server', why, run: () => serverFinding(client, config, signal) }];
}

const answerTimeoutMs = 5_000;

async function serverFinding(
  client: Client,
  config: Config,
  signal: AbortSignal,
): Promise<Finding> {
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
  try {
    const path = '/healthz';
    return healthFinding(client.url, await client.json({ method: 'GET', path, signal: timeout }));
  } catch (thrown) {
    if (isRefused(thrown)) return portFinding(config, client.url);
    return fail(
      `${client.url} does not answer as Helios does: ${reasonOf(thrown)}`,
      'Another program may listen there: start Helios with another --port.',
    );
  }
}

function healthFinding(url: string, health: HealthAnswer): Finding {
  const text = `Helios ${health.version} at ${url}, up ${durationText(health.uptime_ms)}`;
  if (health.status !== 'ready') return warn(`${text}, still starting`, 'Look again in a moment.');
  if (health.pipelines === undefined) {
    return warn(`${text}, asks who you are`, 'Say it: HELIOS_TOKEN, or --token env:NAME.');
  }
  const { failed, retrying } = health.pipelines;
  if (failed + retrying === 0) return ok(text);
  return warn(
    `${text}: ${failed} pipelines failed, ${retrying} try again`,
    'helios pipeline list says why.',
  );
}

async function portFinding(config: Config, url: string): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const server = createServer();
  server.once('error', resolve);
  server.listen(config.port, config.host, () => server.close(() => resolve(undefined)));
  const failure = await promise;
  if (failure === undefined) return ok(`nothing runs at ${url}, and the port is free`);
  const isTaken = systemCode(failure) === 'EADDRINUSE';
  return fail(
    `${config.host}:${config.port} can't be listened on: ${reasonOf(failure)}`,
    isTaken
      ? 'Another program has the port: give --port another.'
      : 'Give --host and --port others.',
  );
}

function isRefused(thrown: unknown): boolean {
  return (
    thrown instanceof Error &&
    thrown.cause !== undefined &&
    systemCode(thrown.cause) === 'ECONNREFUSED'
  );
}
