import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, temporaryRoot } from './workspace.ts';

/** Other values, other events; the same seed gives the same bytes on every machine. */
const seed = 1;

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

/** `columns` of DuckDB's read_json, with the types that cost it least. */
export const readJsonColumns: string = eventColumns
  .map(([name, type]) => `${name}: '${type}'`)
  .join(', ');

export type Events = {
  readonly count: number;
  /** Time of the first, as SQL writes it. */
  readonly startAt: string;
  /** Time between two of them. */
  readonly secondsApart: number;
};

/**
 * A SELECT of a shop's events, some 285 bytes each as JSON, the same ones every time: one in 20 an
 * account_created, five in 20 page views; few products get most of the views.
 */
export function shopEvents({ count, startAt, secondsApart }: Events): string {
  const microseconds = `CAST(i * ${secondsApart} * 1e6 AS BIGINT)`;
  return `SELECT i AS id,
      TIMESTAMP '${startAt}' + to_microseconds(${microseconds}) AS seen_at,
      CASE h % 20 WHEN 0 THEN 'account_created' WHEN 1 THEN 'purchase' ELSE
        ['page_view', 'product_view', 'product_view', 'add_to_cart'][1 + h % 4] END AS type,
      'user-' || (h // 7 % 100000)::VARCHAR AS user_id,
      lower(printf('%016x', (hash(i // 20 + ${seed}) // 2)::BIGINT)) AS session_id,
      '/products/' || (h // 11 % 2000)::VARCHAR AS page,
      'product-' || CAST(pow((h // 13 % 1000) / 1000.0, 3) * 2000 AS INT)::VARCHAR AS product_id,
      (h // 17 % 20000) / 100.0 AS price,
      CAST(1 + h // 19 % 4 AS INT) AS quantity,
      ['WINTER2025', 'NEWSLETTER', 'SOCIAL_REELS', NULL][1 + h // 23 % 4] AS campaign,
      'v3.' || (h // 29 % 9)::VARCHAR AS app_version,
      h // 31 % 3 = 0 AS is_member
    FROM (SELECT i, (hash(i * 1000003 + ${seed}) // 1024)::BIGINT AS h
      FROM range(${count}) AS r(i))`;
}

/** NDJSON of so many events; made once, and kept in the system's temporary folder. */
export async function shopEventsFile(events: Events): Promise<string> {
  const folder = join(tmpdir(), temporaryRoot);
  mkdirSync(folder, { recursive: true });
  const start = events.startAt.replaceAll(/[^0-9]/g, '');
  const name = `shop-events-${events.count}-${start}-${events.secondsApart}-seed${seed}.ndjson`;
  const path = join(folder, name);
  if (existsSync(path)) return path;
  const partial = `${path}.${process.pid}`;
  using engine = await openEngine();
  // JSON has no time of its own: RFC 3339, as producers send it.
  const select = `SELECT * REPLACE (strftime(seen_at, '%Y-%m-%dT%H:%M:%S.%gZ') AS seen_at)
    FROM (${shopEvents(events)})`;
  await engine.connection.execute(`COPY (${select}) TO '${partial}' (FORMAT json, ARRAY false)`);
  renameSync(partial, path);
  return path;
}

/** What most benchmarks post: the newest hours of a shop with 100 events a second. */
export function postedEvents(count: number): Events {
  return { count, startAt: '2026-11-01 00:00:00', secondsApart: 0.01 };
}
