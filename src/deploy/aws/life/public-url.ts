import { randomUUID } from 'node:crypto';
import { backoffMs, type BackoffPolicy } from '../../../base/backoff.ts';
import { HeliosError } from '../../../base/errors.ts';
import type { ConnectionContext } from '../../../connection/context.ts';
import type { Person } from '../person.ts';
import { elapsedText } from '../stack/progress.ts';

/** A Helios at its public address. */
export type Remote = {
  /** Without a slash at its end. */
  readonly url: string;
  /** Opens everything; undefined where it is not known. */
  readonly token: string | undefined;
  readonly context: Pick<ConnectionContext, 'clock' | 'random'>;
  readonly signal: AbortSignal;
};

/** Of `/healthz`, what is told here. */
export type RemoteHealth = {
  readonly status: string;
  readonly version: string;
  readonly uptime_ms: number;
};

const looks: BackoffPolicy = { firstMs: 1_000, maxMs: 10_000, attemptsMax: 90 };

/** Waits until it answers over the public address, some ten minutes at most. */
export async function waitUntilHealthy(
  remote: Remote,
  person: Pick<Person, 'status'>,
): Promise<RemoteHealth> {
  const { clock, random } = remote.context;
  const startMs = clock.monotonicMs();
  let last = '';
  for (let look = 1; look <= looks.attemptsMax; look++) {
    const seen = await lookOnce(remote);
    if (typeof seen !== 'string') {
      person.status('');
      return seen;
    }
    last = seen;
    const elapsed = elapsedText(clock.monotonicMs() - startMs);
    person.status(`${elapsed}  waits for ${remote.url}/healthz: ${last}`);
    await clock.sleep(backoffMs(looks, look, random), remote.signal);
  }
  throw new HeliosError('timeout', `${remote.url} does not answer as Helios should: ${last}.`, {
    hint: 'The stack stands. helios logs shows what the machine says; helios deploy looks again.',
  });
}

/** The health, or in words why it isn't known yet. */
export async function lookOnce({ url, signal }: Remote): Promise<RemoteHealth | string> {
  try {
    const response = await fetch(`${url}/healthz`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]),
    });
    const text = await response.text();
    if (!response.ok) return `HTTP ${response.status}`;
    const health = JSON.parse(text) as RemoteHealth;
    return health.status === 'ready' ? health : `it is ${health.status}`;
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof SyntaxError) return 'what answers is no Helios';
    const cause = thrown instanceof Error ? thrown.cause : undefined;
    const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
    return typeof code === 'string' ? code : 'no answer';
  }
}

const answerTimeoutMs = 15_000;

/** What the first event went through. */
export type FirstAnswer = {
  readonly event: Readonly<Record<string, string>>;
  readonly sql: string;
  readonly rows: readonly (readonly unknown[])[];
};

/**
 * Sends an event through the public address into the table `hello`, which is made where it isn't
 * there, and asks for it in SQL. What a template can't show is shown by that.
 */
export async function askFirst(remote: Remote, bucket: string): Promise<FirstAnswer> {
  const pipelines = await call<{ readonly pipelines: readonly { readonly name: string }[] }>(
    remote,
    'GET',
    '/api/v1/pipelines',
  );
  if (!pipelines.pipelines.some(({ name }) => name === helloName)) {
    await call(remote, 'POST', '/api/v1/pipelines', { name: helloName, sql: helloSql(bucket) });
  }
  const event = { id: randomUUID(), text: 'Hello from helios deploy' };
  await call(remote, 'POST', `/ingest/${helloName}?wait=queryable`, event);
  const sql = `select id, text from ${helloName} where id = '${event.id}'`;
  const { rows } = await call<{ readonly rows: FirstAnswer['rows'] }>(
    remote,
    'POST',
    '/api/v1/query',
    { sql },
  );
  if (rows.length === 1) return { event, sql, rows };
  throw new HeliosError('internal', `An event was taken, and ${rows.length} rows came of it.`, {
    hint: 'helios logs shows what the machine says. Please report it.',
  });
}

const helloName = 'hello';

function helloSql(bucket: string): string {
  return `CREATE TABLE hello_in (id TEXT, text TEXT)
  WITH (connector = 'http', stream = 'hello', format = 'json');

CREATE TABLE hello
  WITH (connector = 'delta', path = 's3://${bucket}/tables/hello', format = 'parquet');

INSERT INTO hello SELECT id, text FROM hello_in;
`;
}

/** One call of the API; what it refuses is said in its own words. */
export async function call<Answer>(
  { url, token, signal }: Remote,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(callTimeoutMs)]),
  });
  const text = await response.text();
  if (!response.ok) throw refused(`${method} ${path.replace(/\?.*$/, '')}`, response.status, text);
  // Both ends are of one release; what else answers there has failed at /healthz.
  return (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : {}) as Answer;
}

const callTimeoutMs = 30_000;

function refused(what: string, status: number, text: string): HeliosError {
  const said = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text.slice(0, 200);
  const code = status === 401 || status === 403 ? 'not_allowed' : 'unavailable';
  return new HeliosError(code, `Helios refused ${what} (${status}): ${said}`, {
    hint:
      code === 'not_allowed'
        ? 'The token in SSM is not the one that the machine has: start it again, or helios logs.'
        : 'helios logs shows what the machine says.',
  });
}
