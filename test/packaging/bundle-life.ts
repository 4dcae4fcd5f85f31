import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A short life of an unpacked bundle, run by the bundle's own Node: started with an empty PATH and
 * the HOME that was given, it takes events, answers a query and ends. Prints what it saw as JSON.
 */
const [helios = '', home = '', data = ''] = process.argv.slice(2);
const healthyWithinMs = 60_000;

const startedAtMs = performance.now();
const child = spawn(helios, ['start', '--port', '0', '--data', data], {
  env: { HOME: home, PATH: '' },
  cwd: home,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(child, 'exit');
process.on('exit', () => child.kill('SIGKILL'));
const url = await printedUrl();
while (!(await isHealthy())) {
  if (performance.now() - startedAtMs > healthyWithinMs) throw new Error('not healthy');
  await sleep(20);
}
const healthyMs = Math.round(performance.now() - startedAtMs);
const sql = `CREATE TABLE events (id BIGINT NOT NULL, v TEXT)
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');
  CREATE TABLE kept WITH (connector = 'delta', type = 'sink', path = '${data}/kept');
  INSERT INTO kept SELECT id, v::INT AS v FROM events;`;
await post('/api/v1/pipelines', JSON.stringify({ name: 'kept', sql }));
const lines = Array.from({ length: 1000 }, (_, id) => JSON.stringify({ id, v: `${id % 7}` }));
await post('/ingest/events?wait=queryable', lines.join('\n'), 'application/x-ndjson');
const question = JSON.stringify({ sql: 'SELECT count(*)::INT, sum(v)::INT FROM kept' });
const { rows } = (await post('/api/v1/query', question)) as { rows: unknown };
const page = await (await fetch(url)).text();
child.kill('SIGTERM');
const [code] = (await ended) as [number | null];
const isConsoleThere = page.includes('<div id="console">');
const interfaces = Object.keys(networkInterfaces());
process.stdout.write(JSON.stringify({ healthyMs, rows, code, isConsoleThere, interfaces }));

async function printedUrl(): Promise<string> {
  for await (const line of createInterface({ input: child.stdout })) {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (found !== undefined) return found;
  }
  throw new Error('Helios ended before it said where it is.');
}

async function isHealthy(): Promise<boolean> {
  return await fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function post(path: string, body: string, type = 'application/json'): Promise<unknown> {
  const headers = { 'content-type': type };
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text.startsWith('{') ? JSON.parse(text) : text;
}
