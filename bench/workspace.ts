import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../src/engine/engine.ts';

/** Set by the harness: generated inputs are shared by the benchmarks of one run. */
const shared = process.env['HELIOS_BENCH_FOLDER'];

/** A folder of one benchmark, empty, removed at the end. */
export class Workspace implements Disposable {
  readonly path: string;

  constructor(name: string) {
    this.path = mkdtempSync(join(shared ?? tmpdir(), `${name}-`));
  }

  inside(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export async function openEngine(): Promise<Engine> {
  const folder = join(shared ?? tmpdir(), 'engine');
  mkdirSync(folder, { recursive: true });
  return await Engine.open({
    threads: availableParallelism(),
    memoryBytes: 4 * 1024 ** 3,
    tempDirectory: folder,
  });
}

/** Columns of a shop's event, as they are declared in SQL. */
export const eventColumns = [
  ['id', 'BIGINT'],
  ['seen_at', 'TIMESTAMP'],
  ['type', 'TEXT'],
  ['user_id', 'TEXT'],
  ['session_id', 'TEXT'],
  ['page', 'TEXT'],
  ['product_id', 'TEXT'],
  ['price', 'DOUBLE'],
  ['quantity', 'INT'],
  ['campaign', 'TEXT'],
  ['app_version', 'TEXT'],
  ['is_member', 'BOOLEAN'],
] as const;

/** For `CREATE TABLE events (…)`. */
export const eventColumnList: string = eventColumns
  .map(([name, type]) => `${name} ${type}`)
  .join(', ');

/** `columns` of DuckDB's read_json: the same types, an instant being TIMESTAMPTZ. */
export const readJsonColumns: string = eventColumns
  .map(([name, type]) => `${name}: '${type === 'TIMESTAMP' ? 'TIMESTAMPTZ' : type}'`)
  .join(', ');

/**
 * A SELECT of `count` events of a shop, some 270 bytes each as JSON, the same ones every time.
 * `startAt` is the time of the first, `secondsApart` the time between two of them.
 */
export function shopEvents(count: number, startAt: string, secondsApart: number): string {
  return `SELECT i AS id,
      strftime(TIMESTAMP '${startAt}' + to_microseconds(CAST(i * ${secondsApart} * 1e6 AS BIGINT)),
        '%Y-%m-%dT%H:%M:%S.%gZ') AS seen_at,
      ['page_view', 'product_view', 'product_view', 'add_to_cart', 'purchase'][1 + h % 5] AS type,
      'user-' || (h // 7 % 100000)::VARCHAR AS user_id,
      lower(printf('%016x', (hash(i // 20) // 2)::BIGINT)) AS session_id,
      '/products/' || (h // 11 % 2000)::VARCHAR AS page,
      'product-' || CAST(pow((h // 13 % 1000) / 1000.0, 3) * 2000 AS INT)::VARCHAR AS product_id,
      (h // 17 % 20000) / 100.0 AS price,
      1 + h // 19 % 4 AS quantity,
      ['WINTER2025', 'NEWSLETTER', 'SOCIAL_REELS', NULL][1 + h // 23 % 4] AS campaign,
      'v3.' || (h // 29 % 9)::VARCHAR AS app_version,
      h // 31 % 3 = 0 AS is_member
    FROM (SELECT i, (hash(i) // 1024)::BIGINT AS h FROM range(${count}) AS r(i))`;
}

/** NDJSON of so many events; made once a run. */
export async function shopEventsFile(count: number): Promise<string> {
  const path = join(shared ?? tmpdir(), `shop-events-${count}.ndjson`);
  if (existsSync(path)) return path;
  const engine = await openEngine();
  await using connection = await engine.connect();
  const events = shopEvents(count, '2026-11-01 00:00:00', 0.01);
  await connection.execute(`COPY (${events}) TO '${path}' (FORMAT json, ARRAY false)`);
  connection.close();
  engine.close();
  return path;
}
