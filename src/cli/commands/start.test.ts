import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import type { DemoShop } from '../../server/demo/demo-api.ts';
import { FakeApi, runToEnd, startCli, type CliResult } from '../testing/fixture.ts';

const shopLibrary: readonly string[] = [
  'queries/shop%2Fanomalies',
  'queries/shop%2Fconversion-by-campaign',
  'queries/shop%2Fdebug-user',
  'queries/shop%2Ftop-products',
  'queries/shop%2Fuser-journey',
  'dashboards/shop',
].map((below) => `PUT /api/v1/library/${below}`);

let api: FakeApi;
let folder: string;

beforeEach(async () => {
  api = await FakeApi.start();
  folder = await mkdtemp(join(tmpdir(), 'helios-start-'));
  api.routes['GET /api/v1/pipelines'] = { body: { pipelines: [] } };
  api.routes['POST /api/v1/pipelines'] = { status: 201, body: { name: 'shop', state: 'running' } };
  for (const route of shopLibrary) api.routes[route] = { body: {} };
  api.routes['POST /ingest/events'] = { body: 'ok' };
  await writeFile(join(folder, 'shop.sql'), 'select 1');
});

afterEach(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('start', () => {
  const started = async (words: readonly string[]): Promise<CliResult & { options: unknown }> => {
    let options: unknown;
    const run = startCli(words, {
      workingDirectory: folder,
      examplesDirectory: new URL('../../../examples', import.meta.url).pathname,
      startHelios: async (given) => {
        options = given;
        return { url: api.url, dataDirectory: given.dataDirectory, close: async () => undefined };
      },
    });
    while (!run.stdout().includes(api.url)) await new Promise((resolve) => setImmediate(resolve));
    run.interrupt();
    return { exitCode: await run.exitCode, stdout: run.stdout(), stderr: run.stderr(), options };
  };

  test('a standby says whom it waits for, and ends at Ctrl+C', async () => {
    const run = startCli(['start', '--standby'], {
      workingDirectory: folder,
      startHelios: async ({ standby }) => {
        standby?.onWait('another Helios process (pid 7)');
        const stopped = Promise.withResolvers<never>();
        standby?.signal.addEventListener('abort', () => stopped.reject(new Error('aborted')));
        return await stopped.promise;
      },
    });
    const waiting = 'Standing by: the data is held by another Helios process (pid 7).';
    while (!run.stderr().includes(waiting)) await new Promise((resolve) => setImmediate(resolve));
    run.interrupt();
    expect(await run.exitCode).toBe(0);
    expect(run.stderr()).toContain('Stopped standing by.');
  });

  test('ends when another machine has taken over, and says so', async () => {
    const { promise: fenced, resolve } = Promise.withResolvers<HeliosError>();
    const notes = ['The state is kept at s3://bucket/helios.'];
    let isClosed = false;
    const run = startCli(['start', '--state', 's3://bucket/helios', '--state-interval', '2s'], {
      workingDirectory: folder,
      startHelios: async ({ dataDirectory, stateIntervalMs }) => {
        expect(stateIntervalMs).toBe(2000);
        const close = async (): Promise<void> => void (isClosed = true);
        return { url: api.url, dataDirectory, notes, fenced, close };
      },
    });
    while (!run.stdout().includes(api.url)) await new Promise((done) => setImmediate(done));
    resolve(new HeliosError('fenced', 'Another Helios has taken over.', { hint: 'It goes on.' }));
    expect(await run.exitCode).toBe(6);
    expect(isClosed).toBe(true);
    expect(run.stderr()).toContain('The state is kept at s3://bucket/helios.');
    expect(run.stderr()).toContain('Another Helios has taken over.');
  });

  test('prints where it is, and ends at Ctrl+C', async () => {
    const result = await started([
      'start',
      '--port',
      '0',
      '--data',
      'here',
      '--log-level',
      'trace',
    ]);
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain(`Helios is at ${api.url}`);
    expect(result.stdout).toContain(`curl ${api.url}/ingest -d '{"msg": "test"}'`);
    expect(result.options).toEqual({
      dataDirectory: join(folder, 'here'),
      host: '127.0.0.1',
      port: 0,
      logLevel: 'trace',
      allowedOrigins: [],
      publicUrl: undefined,
      adminToken: undefined,
      originSecret: undefined,
      requireToken: false,
      cacheBytesMax: 10 * 1024 ** 3,
      stateUrl: undefined,
      stateIntervalMs: 10_000,
      acknowledgement: 'disk',
      ackIntervalMs: 150,
      demo: expect.objectContaining({ isOpen: false }),
    });
  });

  test('takes who may reach it, with secrets as references', async () => {
    const words = ['start', '--public-url', 'https://helios.example.com/', '--require-token'];
    const secrets = ['--admin-token', 'file:admin-token', '--origin-secret', 'env:ORIGIN'];
    const result = await started([...words, ...secrets]);
    expect(result.options).toMatchObject({
      publicUrl: 'https://helios.example.com',
      adminToken: `file:${join(folder, 'admin-token')}`,
      originSecret: 'env:ORIGIN',
      requireToken: true,
    });
  });

  test('prints the link that opens the console where a token is needed', async () => {
    const link = `${api.url}/login#t=code`;
    const run = startCli(['start', '--require-token'], {
      startHelios: async ({ dataDirectory }) => {
        return { url: api.url, dataDirectory, loginLink: link, close: async () => undefined };
      },
    });
    while (!run.stdout().includes('curl')) await new Promise((done) => setImmediate(done));
    run.interrupt();
    await run.exitCode;
    expect(run.stdout()).toContain(`  ${link}\n`);
    expect(run.stdout()).toContain(`-H "Authorization: Bearer $HELIOS_TOKEN" -d`);
  });

  test('the demo sends the token that was given, where one is needed', async () => {
    const environment = { HELIOS_ADMIN_TOKEN: 'a-secret', HELIOS_TOKEN: 'of-another-helios' };
    for (const loginLink of ['http://h/login#t=c', undefined]) {
      const run = startCli(['start', '--demo'], {
        environment,
        examplesDirectory: new URL('../../../examples', import.meta.url).pathname,
        startHelios: async ({ dataDirectory }) => {
          return { url: api.url, dataDirectory, loginLink, close: async () => undefined };
        },
      });
      while (!run.stdout().includes('Ask the')) await new Promise((done) => setImmediate(done));
      run.interrupt();
      await run.exitCode;
      const sent = new Set(api.seen.splice(0).map(({ headers }) => headers.authorization));
      expect([...sent]).toEqual([loginLink && 'Bearer a-secret']);
    }
  });

  test('takes where the state is and when events are acknowledged', async () => {
    const state = 's3://bucket/helios/';
    const words = ['start', '--state', state, '--ack', 's3', '--ack-interval', '50ms'];
    const result = await started(words);
    expect(result.options).toMatchObject({
      stateUrl: 's3://bucket/helios',
      acknowledgement: 's3',
      ackIntervalMs: 50,
    });
  });

  test.each([
    [['--ack', 's3'], 'Give --state s3://bucket/prefix too'],
    [['--ack', 'tape'], '--ack: "tape" is not one of disk, s3.'],
    [['--state', 'bucket'], '--state: "bucket" is not the URL of a place in an object store'],
    [['--ack-interval', '5'], '--ack-interval: "5" is not a duration with its unit'],
  ])('%j is refused', async (words, message) => {
    const result = await runToEnd(['start', ...words], {});
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain(message);
  });

  test('the demo makes its pipeline in the data directory and prints two queries', async () => {
    const result = await started(['start', '--demo']);
    expect(result.stdout.match(/helios sql .*-c "select/g)).toHaveLength(2);
    const created = api.seen.find(({ route }) => route === 'POST /api/v1/pipelines');
    expect(created?.body).toMatchObject({ name: 'shop' });
    expect(JSON.stringify(created?.body)).toContain(`'${folder}/helios-data/tables/shop_events'`);
    const kept = api.seen.filter(({ route }) => shopLibrary.includes(route));
    expect(kept.map(({ route }) => route)).toEqual(shopLibrary);
    expect(kept[0]?.body).toMatchObject({ description: expect.stringContaining('minutes') });
    expect(kept.at(-1)?.body).toMatchObject({ last: '15m', panels: { length: 9 } });
  });
});

describe('the shop of a Helios that was started without it', () => {
  async function opened(
    pipelines: readonly object[],
    look: (shop: DemoShop) => Promise<void>,
  ): Promise<void> {
    api.routes['GET /api/v1/pipelines'] = { body: { pipelines } };
    let shop: DemoShop | undefined;
    const run = startCli(['start'], {
      examplesDirectory: new URL('../../../examples', import.meta.url).pathname,
      startHelios: async ({ demo }) => {
        shop = demo;
        return { url: api.url, dataDirectory: '/d', close: async () => undefined };
      },
    });
    while (!run.stdout().includes(api.url)) await new Promise((done) => setImmediate(done));
    try {
      await look(shop!);
    } finally {
      run.interrupt();
      expect(await run.exitCode).toBe(0);
    }
  }

  test('opens, and closes', async () => {
    await opened([], async (shop) => {
      await Promise.all([shop.open(), shop.open()]);
      expect(shop.isOpen).toBe(true);
      const isSent = (): boolean => api.seen.some(({ route }) => route === 'POST /ingest/events');
      while (!isSent()) await new Promise((done) => setImmediate(done));
      const made = api.seen.filter(({ route }) => route === 'POST /api/v1/pipelines');
      expect(made).toHaveLength(1);
      await shop.close();
      expect(shop.isOpen).toBe(false);
    });
  });

  test('is refused where its events would come between others', async () => {
    const own = { name: 'own', sources: [{ reads: { names: ['events'] } }] };
    await opened([own], async (shop) => {
      await expect(shop.open()).rejects.toMatchObject({ code: 'conflict' });
      expect(shop.isOpen).toBe(false);
      expect(api.seen.some(({ route }) => route === 'POST /api/v1/pipelines')).toBe(false);
    });
  });
});

test('the demo leaves alone what is there', async () => {
  api.routes['GET /api/v1/pipelines'] = { body: { pipelines: [{ name: 'shop' }] } };
  const taken = { code: 'already_exists', message: 'A dashboard named shop exists.', id: 'r' };
  for (const route of shopLibrary) api.routes[route] = { status: 409, body: { error: taken } };
  const run = startCli(['start', '--demo'], {
    examplesDirectory: new URL('../../../examples', import.meta.url).pathname,
    startHelios: async () => ({ url: api.url, dataDirectory: '/d', close: async () => undefined }),
  });
  while (!run.stdout().includes('Ask the demo shop')) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  run.interrupt();
  expect(await run.exitCode).toBe(0);
  expect(api.seen.some(({ route }) => route === 'POST /api/v1/pipelines')).toBe(false);
});

test('run shows all that is wrong with a script', async () => {
  const position = { line: 1, column: 8, length: 1 };
  const errors = ['First.', 'Second.'].map((message) => ({ message, position }));
  const failure = new HeliosError('invalid_sql', 'First. (and 1 more)', {
    position,
    details: { errors },
  });
  const result = await runToEnd(['run', 'shop.sql'], {
    workingDirectory: folder,
    runPipeline: () => Promise.reject(failure),
  });
  expect(result.exitCode).toBe(3);
  for (const text of ['error: First.\n', 'error: Second.\n']) {
    expect(result.stderr).toContain(`${text}  at shop.sql:1:8\n`);
  }
});

test('run hands the script to the engine and reports', async () => {
  let sql = '';
  const result = await runToEnd(['run', 'shop.sql'], {
    workingDirectory: folder,
    runPipeline: async (options) => {
      ({ sql } = options);
      return { bytesIn: 5, recordsRejected: 1, sinks: [{ table: 'out', rowsOut: 4 }] };
    },
  });
  expect(result.stderr).toBe('5 B in, 1 records rejected.\nout: 4 rows.\n');
  expect(sql).toBe('select 1');
});

test('run answers EXPLAIN with the plan alone', async () => {
  const explained = { graph: { nodes: [], edges: [] }, plan: 'sink s\n' };
  const result = await runToEnd(['run', 'shop.sql'], {
    workingDirectory: folder,
    runPipeline: async () => ({ bytesIn: 0, recordsRejected: 0, sinks: [], explained }),
  });
  expect(result).toMatchObject({ exitCode: 0, stdout: 'sink s\n', stderr: '' });
});
