import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine, type Row } from '../../src/engine/engine.ts';
import { quoteText } from '../../src/engine/types.ts';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { createBucket, objectsIn } from './bucket.ts';

type TableFacts = { readonly kind: string; readonly rows: string; readonly hot_rows: string };

const source = `CREATE TABLE events (id BIGINT, page TEXT, price DECIMAL(38, 10), doc JSON)
  WITH (connector = 'http', format = 'json');`;

function script(path: string, options: string): string {
  return `${source} CREATE TABLE files WITH (connector = 'filesystem', path = '${path}',
    type = 'sink', rolling_policy.interval = interval '1 second', ${options});
    INSERT INTO files SELECT id, page, price, doc FROM events;`;
}

/** Reads the files that are there, by their names. */
function copyOf(path: string, format: string): string {
  return `CREATE TABLE old (id BIGINT) WITH (connector = 'filesystem', path = '${path}',
      type = 'source', format = '${format}', 'source.regex_pattern' = '^page=p[0-2]/.*');
    CREATE TABLE copied WITH (connector = 'delta', path = '${join(folder, `copied-${format}`)}',
      type = 'sink');
    INSERT INTO copied SELECT id FROM old;`;
}

const precise = '1234567890123456789.0123456789';

function lines(from: number, to: number): string {
  const ids = Array.from({ length: to - from }, (_, index) => from + index);
  return ids
    .map((id) => `{"id":${id},"page":"p${id % 3}","price":${precise},"doc":{"n":[${id}]}}\n`)
    .join('');
}

const commandsOfDelta = [
  ['GET', 'history', undefined],
  ['GET', 'description', undefined],
  ['POST', 'restore', { version: 0 }],
  ['POST', 'optimize', {}],
  ['POST', 'vacuum', {}],
] as const;

let folder: string;
let engine: Engine;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-files-sink-'));
  await mkdir(join(folder, 'engine'));
  const tempDirectory = join(folder, 'engine');
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory });
});

afterAll(async () => {
  engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** What DuckDB finds in files, which knows of no listing. */
async function judged(paths: readonly string[]): Promise<Row | undefined> {
  if (paths.length === 0) return undefined;
  const list = paths.map(quoteText).join(', ');
  const isParquet = paths.every((path) => path.endsWith('.parquet'));
  const read = isParquet ? 'read_parquet' : 'read_json';
  await using connection = await engine.connect();
  const [row] = await connection.rows(
    `SELECT count(*) AS rows, count(DISTINCT id) AS ids FROM ${read}([${list}])`,
  );
  return row;
}

async function visible(root: string): Promise<readonly string[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        !path
          .slice(root.length)
          .split('/')
          .some((part) => /^[._]/.test(part)),
    );
}

async function send(helios: HeliosProcess, body: string): Promise<void> {
  const answer = await helios.request('/ingest/events?wait=queryable', { method: 'POST', body });
  expect(answer.status).toBe(200);
}

async function isCold(helios: HeliosProcess, rows: number): Promise<void> {
  await until(
    async () => await helios.call<TableFacts>('GET', '/api/v1/tables/files'),
    (facts) => Number(facts.hot_rows) === 0 && Number(facts.rows) === rows,
  );
}

describe('raw files in an object store', () => {
  let moto: MotoPeer | undefined;

  beforeAll(async () => {
    moto = await startMoto();
  });

  afterAll(async () => await moto?.[Symbol.asyncDispose]());

  test.each([
    ['json', `format = 'json', json.compression = 'zstd', partition_fields = 'page'`],
    ['parquet', `format = 'parquet', partition_fields = [page], parquet_compression = 'lz4'`],
  ])(
    '%s: queried hot, cold, and by name after a start with an empty disk cache',
    async (kind, options) => {
      const endpoint = moto?.endpoint ?? '';
      const bucket = await createBucket(endpoint);
      const dataDirectory = join(folder, `data-${kind}`);
      let helios = await HeliosProcess.start({ dataDirectory });
      try {
        const path = `s3::${endpoint}/${bucket}/raw/files`;
        await helios.call('POST', '/api/v1/pipelines', { name: 'p', sql: script(path, options) });
        await send(helios, lines(0, 10));
        const ask = async (): Promise<unknown> =>
          (await helios.query('SELECT count(*), min(price), max(doc), min(page) FROM files')).rows;
        const expected = [['10', precise, '{"n":[9]}', 'p0']];
        expect(await ask()).toEqual(expected);
        await isCold(helios, 10);
        expect(await ask()).toEqual(expected);
        await helios[Symbol.asyncDispose]();
        await rm(join(dataDirectory, 'cache'), { recursive: true });
        helios = await HeliosProcess.start({ dataDirectory });
        expect(await ask()).toEqual(expected);
        for (const [method, command, body] of commandsOfDelta) {
          const refused = helios.call(method, `/api/v1/tables/files/${command}`, body);
          await expect(refused).rejects.toThrow(/400.*raw files.*helios\.files.*'delta'/);
        }
        await helios.call('POST', '/api/v1/pipelines', { name: 'again', sql: copyOf(path, kind) });
        await until(
          async () => await helios.query('SELECT count(*), count(DISTINCT id) FROM copied'),
          ({ rows }) => JSON.stringify(rows) === '[["10","10"]]',
        );
        const names = await objectsIn(endpoint, bucket, 'raw/files/');
        expect(names.filter((name) => /\/page=p\d\/[^/]+$/.test(name)).length).toBeGreaterThan(2);
        expect(
          names.filter((name) => /_helios\/.+\/\d{20}\.json$/.test(name)).length,
        ).toBeGreaterThan(0);
        expect(names.filter((name) => name.includes('plan-'))).toEqual([]);
      } finally {
        await helios[Symbol.asyncDispose]();
      }
    },
  );
});

describe('raw files on disk, when the process is killed', () => {
  test.each(['after-data-file', 'before-commit'])(
    'at %s, nothing is lost and nothing is there twice',
    async (point) => {
      const root = join(folder, point);
      const dataDirectory = join(folder, `data-${point}`);
      const crashing = await HeliosProcess.start({
        dataDirectory,
        environment: { HELIOS_CRASH_AT: `${point}:2` },
      });
      const options = `format = 'json', json.compression = gzip, partition_fields = 'page'`;
      const sql = script(root, options);
      const work = async (): Promise<void> => {
        await crashing.call('POST', '/api/v1/pipelines', { name: 'p', sql });
        await send(crashing, lines(0, 60));
        await isCold(crashing, 60);
        await send(crashing, lines(60, 120));
      };
      const working = work().catch(() => undefined);
      expect((await crashing.exited).signal).toBe('SIGKILL');
      await working;
      const afterCrash = await judged(await visible(root));
      expect(afterCrash?.['rows']).toBe(afterCrash?.['ids']);
      await using helios = await HeliosProcess.start({ dataDirectory });
      await send(helios, lines(120, 180));
      const sent = await helios.queryNumber('SELECT count(*) FROM files');
      expect(await helios.queryNumber('SELECT count(*) FROM files WHERE id >= 120')).toBe(60);
      await isCold(helios, sent);
      const rows = String(sent);
      expect(await judged(await visible(root))).toEqual({ rows, ids: rows });
      const answer = await helios.query('SELECT count(*), count(DISTINCT id) FROM files');
      expect(answer.rows).toEqual([[rows, rows]]);
    },
  );
});
