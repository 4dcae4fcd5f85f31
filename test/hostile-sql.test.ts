import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeliosError } from '../src/base/errors.ts';
import { Engine } from '../src/engine/engine.ts';
import { FixtureTables } from '../src/query/fixture/fixture-tables.ts';
import type { QueryService, ResultFormat } from '../src/query/query.ts';
import { createQueryService } from '../src/query/service.ts';
import { type CorpusStatement, hostileCorpus, refusedGroups } from './hostile/corpus.ts';

const secret = 'canary-4f1c';
const deadlineMs = 1000;
const graceMs = 2000;

const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
const places = {
  canary: join(folder, 'canary.csv'),
  lake: join(folder, 'lake'),
  outside: join(folder, 'outside'),
  port: 0,
};
let server: Server;
let contacts = 0;
let engine: Engine;
let queries: QueryService;

beforeAll(async () => {
  // So that processes of another user can get to their folders.
  chmodSync(folder, 0o711);
  writeFileSync(places.canary, `${secret}\n`);
  await mkdir(places.outside);
  server = createServer(() => {
    contacts += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address === 'object' && address !== null) places.port = address.port;
  engine = await Engine.open({
    threads: 1,
    memoryBytes: 2 ** 28,
    tempDirectory: join(folder, 's'),
  });
  await using connection = await engine.connect();
  const tables = new FixtureTables(places.lake, connection);
  const id = { name: 'id', type: { kind: 'integer', bits: 64, isUnsigned: false } } as const;
  tables.create('events', [id, { name: 'ts', type: { kind: 'timestamp' } }]);
  await tables.addCold('events', 'SELECT i AS id, to_timestamp(i) AS ts FROM range(3) r(i)');
  await tables.addHot('events', 'SELECT 9::BIGINT AS id, to_timestamp(9) AS ts');
  tables.create('helios.files', [{ name: 'path', type: { kind: 'text' } }]);
  await tables.addRows('helios.files', "SELECT 'a' AS path");
  const tempDirectory = join(folder, 'queries');
  queries = await createQueryService({ tables, tempDirectory, limits: { memoryBytes: 2 ** 28 } });
});

afterAll(async () => {
  await queries.close();
  engine.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('hostile SQL', () => {
  it('has at least a hundred statements', () => {
    expect(statements(refusedGroups).length).toBeGreaterThanOrEqual(100);
  });

  it.each(refusedGroups)(
    '%s: is refused, and nothing is read, written or contacted',
    async (group) => {
      const before = fingerprint();
      for (const { sql } of statements([group])) {
        const outcome = await run(sql);
        expect.soft(outcome, sql).toBeInstanceOf(HeliosError);
        if (!(outcome instanceof HeliosError)) continue;
        expect.soft(outcome.code, sql).toMatch(/^(invalid_sql|not_allowed|invalid_request)$/);
        expect
          .soft(`${outcome.message} ${JSON.stringify(outcome.details)}`, sql)
          .not.toContain(secret);
      }
      expect(fingerprint()).toBe(before);
      expect(contacts).toBe(0);
      expect(await run('select count(*) as n from events', 'ndjson')).toBe('{"n":"4"}\n');
    },
  );

  it('bombs end by their deadline, and the next query works', async () => {
    const before = fingerprint();
    const residentBefore = process.memoryUsage.rss();
    for (const { sql } of statements(['bombs'])) {
      const startedMs = performance.now();
      const outcome = await run(sql, 'ndjson');
      const tookMs = performance.now() - startedMs;
      // Starting another process may come on top; a bomb that none stopped would take minutes.
      expect.soft(tookMs, sql).toBeLessThan(deadlineMs + graceMs + 2000);
      if (outcome instanceof HeliosError) {
        expect
          .soft(outcome.code, sql)
          .toMatch(/^(timeout|out_of_memory|query_failed|invalid_sql)$/);
      }
      expect.soft(await run('select 1 as x', 'ndjson', 20_000), `after ${sql}`).toBe('{"x":1}\n');
    }
    expect(process.memoryUsage.rss() - residentBefore).toBeLessThan(150 * 2 ** 20);
    expect(fingerprint()).toBe(before);
  });

  it('what a person may ask passes', async () => {
    for (const { sql } of statements(['legal'])) {
      expect.soft(await run(sql, 'json', 20_000), sql).not.toBeInstanceOf(HeliosError);
    }
  });
});

function statements(groups: readonly string[]): readonly CorpusStatement[] {
  return hostileCorpus(places).filter(({ group }) => groups.includes(group));
}

/** The whole answer, or why there is none. Reads at most a megabyte, as a browser would. */
async function run(
  sql: string,
  format: ResultFormat = 'json',
  timeoutMs: number = deadlineMs,
): Promise<string | HeliosError> {
  try {
    const signal = new AbortController().signal;
    const answer = await queries.run({ sql, format, maxRows: undefined, timeoutMs, signal });
    let text = '';
    for await (const bytes of answer.body) {
      text += Buffer.from(bytes).toString('utf8');
      if (text.length > 2 ** 20) break;
    }
    return text;
  } catch (thrown) {
    if (thrown instanceof HeliosError) return thrown;
    throw thrown;
  }
}

/** Of every file that must stay as it is. */
function fingerprint(): string {
  const hash = createHash('sha256');
  for (const root of [places.lake, places.outside]) {
    for (const name of readdirSync(root, { recursive: true }).map(String).toSorted()) {
      const path = join(root, name);
      hash.update(name);
      if (statSync(path).isFile()) hash.update(readFileSync(path));
    }
  }
  return hash.digest('hex');
}
