import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runToEnd } from '../../src/cli/testing/fixture.ts';
import type { PipelineAnswer } from '../../src/server/api.ts';
import { Receiver } from '../../src/sink/webhook/testing/receiver.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from './until.ts';

let directory: string;
let receiver: Receiver;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-webhooks-'));
  receiver = await Receiver.start();
});

afterEach(async () => {
  await receiver[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const sql = `CREATE TABLE clicks (id BIGINT NOT NULL, page TEXT)
    WITH (connector = 'http', stream = 'clicks', format = 'json');
  CREATE TABLE channel WITH (connector = 'webhook', type = 'sink', endpoint = '{{ HOOK }}/secret-way',
    headers = 'Authorization: Bearer {{ TOKEN }}', template = '{"text": "{{id}}: {{page}}"}');
  INSERT INTO channel SELECT * FROM clicks;`;

const path = '/api/v1/pipelines/told';

async function start(): Promise<HeliosProcess> {
  const environment = {
    HOOK: receiver.url,
    TOKEN: 'secret-token',
    CHANNEL_URL: `${receiver.url}/channel`,
  };
  return await HeliosProcess.start({ dataDirectory: join(directory, 'data'), environment });
}

async function send(helios: HeliosProcess, from: number, to: number): Promise<void> {
  const lines = Array.from({ length: to - from }, (_, index) => pageOf(from + index));
  const body = lines.map((page, index) => JSON.stringify({ id: from + index, page })).join('\n');
  const headers = { 'content-type': 'application/x-ndjson' };
  const answer = await helios.request('/ingest/clicks', { method: 'POST', headers, body });
  expect(await answer.text()).toBe('ok');
}

function pageOf(id: number): string {
  return `"page" \\ ${id % 3}\n`;
}

function messages(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, index) =>
    JSON.stringify({ text: `${from + index}: ${pageOf(from + index)}` }),
  );
}

function compact(body: string): string {
  return JSON.stringify(JSON.parse(body));
}

test('every row is told at least once over kill -9, and repeats are known by their keys', async () => {
  const heldAt = 60;
  {
    await using helios = await start();
    await helios.call('POST', '/api/v1/pipelines', { name: 'told', sql });
    receiver.reply = (_, index) => (index < heldAt ? { status: 200 } : 'hang');
    await send(helios, 0, 100);
    await receiver.until(heldAt + 1);
    helios.kill('SIGKILL');
    await helios.exited;
  }
  receiver.reply = () => ({ status: 200 });
  await using helios = await start();
  await until(
    async () => await Promise.resolve(receiver.received.length),
    (count) => count === heldAt + 1 + 100,
  );
  const before = receiver.bodies.slice(0, heldAt + 1).map(compact);
  const after = receiver.bodies.slice(heldAt + 1).map(compact);
  expect(before).toEqual(messages(0, heldAt + 1));
  expect(after).toEqual(messages(0, 100));
  expect(receiver.keys.slice(0, heldAt + 1)).toEqual(
    receiver.keys.slice(heldAt + 1, 2 * heldAt + 2),
  );
  expect(new Set(receiver.keys).size).toBe(100);
  expect(receiver.received[0]).toMatchObject({
    path: '/secret-way',
    headers: { authorization: 'Bearer secret-token' },
  });
  const show = async (): Promise<PipelineAnswer> => await helios.call<PipelineAnswer>('GET', path);
  const shown = await until(show, ({ sinks: [sink] }) => sink?.rows_out === 100);
  expect(shown.state).toBe('running');

  receiver.reply = () => ({ status: 503, body: 'closed, secret-token' });
  await send(helios, 100, 101);
  const waiting = await until(show, ({ sinks: [sink] }) => sink?.waiting !== undefined);
  expect(waiting.sinks[0]?.waiting).toMatchObject({
    message: `The webhook at ${receiver.url} answered 503: closed, …`,
    hint: 'It is asked again until it takes it.',
  });
  const { stdout } = await runToEnd(['pipeline', 'show', 'told', '--url', await helios.ready()]);
  expect(stdout).toContain('told: waiting, epoch ');
  expect(stdout).toContain(': The webhook at ');
  expect(await helios.call('PATCH', path, { state: 'paused' })).toMatchObject({ state: 'paused' });
  expect(await show()).not.toHaveProperty('error');
  await helios.call('PATCH', path, { state: 'running' });
  receiver.reply = () => ({ status: 204 });
  await until(show, ({ sinks: [sink] }) => sink?.rows_out === 101);

  receiver.reply = () => ({ status: 422, body: 'unknown page' });
  await send(helios, 101, 103);
  const failed = await until(show, ({ state }) => state === 'failed');
  expect(failed.error).toMatchObject({
    code: 'invalid_config',
    message:
      `The webhook at ${receiver.url} answered 422: unknown page ` +
      `The request was: ${messages(101, 102)[0]?.replace(':', ': ')}`,
    hint: expect.stringContaining("on_error = 'quarantine'"),
  });
  const refusedKey = receiver.keys.at(-1);
  const count = receiver.received.length;
  receiver.reply = () => ({ status: 200 });
  await helios.call('PATCH', path, { state: 'running' });
  await until(show, ({ sinks: [sink] }) => sink?.rows_out === 103);
  expect(receiver.bodies.slice(count).map(compact)).toEqual(messages(101, 103));
  expect(receiver.keys[count]).toBe(refusedKey);
  await tellOfFile(helios);
  await keepRefused(helios);
  await tellOfErrors(helios);
  expect(helios.output).not.toMatch(/secret-(way|token)/);
}, 120_000);

/** The example that docs/webhooks.md and the README have. */
async function tellOfErrors(helios: HeliosProcess): Promise<void> {
  const root = join(import.meta.dirname, '..', '..');
  const page = await readFile(join(root, 'docs', 'webhooks.md'), 'utf8');
  const [, script = '', message = ''] =
    /^## Tell a channel.*?```sql\n(.*?)```.*?```json\n(.*?)\n```/ms.exec(page) ?? [];
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  expect(readme).toContain(script);
  expect(readme).toContain(message);
  await helios.call('POST', '/api/v1/pipelines', { name: 'errors', sql: script });
  const lines = Array.from({ length: 12 * 30 }, (_, index) => {
    const [minute, second] = [Math.floor(index / 30), index % 30];
    if (minute !== 10 && second >= 5) return [];
    const at = new Date(Date.UTC(2026, 10, 23, 12, minute, second)).toISOString();
    return [JSON.stringify({ at, service: 'checkout', level: 'error' })];
  });
  const body = lines.flat().join('\n');
  const headers = { 'content-type': 'application/x-ndjson' };
  await helios.request('/ingest/logs?wait=queryable', { method: 'POST', headers, body });
  const told = receiver.received.filter(({ path: way }) => way === '/channel');
  expect(told.map((request) => request.body)).toEqual([message]);
}

/** What a receiver refuses for good is in quarantine, beside records that are no rows. */
async function keepRefused(helios: HeliosProcess): Promise<void> {
  const file = join(directory, 'orders.json');
  await writeFile(file, '{"id": 1}\n{"id": 2}\n{"id": "x"}\n{"id": 3}\n');
  receiver.reply = ({ body }) => ({ status: /[13]/.test(body) ? 422 : 200, body: 'odd' });
  await helios.call('POST', '/api/v1/pipelines', {
    name: 'refused',
    sql: `CREATE TABLE orders (id BIGINT)
        WITH (connector = 'single_file', type = 'source', path = '${file}', format = 'json');
      CREATE TABLE hook WITH (connector = 'webhook', type = 'sink', endpoint = '${receiver.url}',
        on_error = 'quarantine');
      INSERT INTO hook SELECT * FROM orders;`,
  });
  const shown = await until(
    async () => await helios.call<PipelineAnswer>('GET', '/api/v1/pipelines/refused'),
    ({ state }) => state === 'finished',
  );
  expect(shown.sinks.find(({ table }) => table === 'hook')?.rows_dropped).toBe(2);
  const { rows } = await helios.query(`SELECT source, code, raw_text, message LIKE '%422: odd%'
    FROM quarantine WHERE pipeline = 'refused' ORDER BY raw_text`);
  expect(rows).toEqual([
    ['orders', 'type_mismatch', '{"id": "x"}', false],
    ['hook', 'webhook_refused', '{"id":1}', true],
    ['hook', 'webhook_refused', '{"id":3}', true],
  ]);
  receiver.reply = () => ({ status: 200 });
}

/** A pipeline that ends, and sends arrays. */
async function tellOfFile(helios: HeliosProcess): Promise<void> {
  const file = join(directory, 'events.json');
  const lines = Array.from({ length: 50 }, (_, id) => JSON.stringify({ id }));
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  const count = receiver.received.length;
  await helios.call('POST', '/api/v1/pipelines', {
    name: 'file',
    sql: `CREATE TABLE events (id BIGINT)
        WITH (connector = 'single_file', type = 'source', path = '${file}', format = 'json');
      CREATE TABLE others WITH (connector = 'webhook', type = 'sink', endpoint = '${receiver.url}',
        batch.rows = 20);
      INSERT INTO others SELECT * FROM events;`,
  });
  await until(
    async () => await helios.call<PipelineAnswer>('GET', '/api/v1/pipelines/file'),
    ({ state }) => state === 'finished',
  );
  expect(receiver.bodies.slice(count)).toEqual(
    [lines.slice(0, 20), lines.slice(20, 40), lines.slice(40)].map((some) => `[${some.join()}]`),
  );
}
