import { fc } from '../properties.ts';

/** A window, and how DuckDB makes it of rows in one query. */
type Shape =
  | { readonly kind: 'tumble'; readonly seconds: number }
  | { readonly kind: 'hop'; readonly slide: number; readonly width: number }
  | { readonly kind: 'session'; readonly seconds: number };

/** A SELECT over the stream `events` that both a script and a query say in their words. */
export type GeneratedQuery = {
  readonly shape: Shape;
  readonly keys: readonly string[];
  readonly aggregates: readonly string[];
  readonly where: string | undefined;
  readonly having: string | undefined;
  readonly after: 'nothing' | 'top' | 'limit' | 'again' | 'joined';
};

const aggregates: readonly string[] = [
  'count(*)',
  'count(v)',
  'sum(v)',
  'min(v)',
  'max(ts)',
  'avg(v)',
  'avg(d)',
  'sum(d)',
  'min(s)',
  'bool_and(v > 0)',
  'bool_or(v > 50)',
  'count(*) FILTER (WHERE v > 10)',
  'sum(v) FILTER (WHERE s IS NULL)',
  'sum(v * 2) + count(*)',
  'count(DISTINCT s)',
  'median(v)',
  'list(id ORDER BY id)',
  "string_agg(s, ',' ORDER BY id)",
  'arg_max(id, id)',
  'stddev_pop(v)',
  'sum(DISTINCT v)',
  'quantile_disc(v, 0.75)',
  'histogram(g)',
];

const shape: fc.Arbitrary<Shape> = fc.oneof(
  fc.record({ kind: fc.constant('tumble' as const), seconds: fc.constantFrom(1, 7, 60, 3600) }),
  fc
    .record({ slide: fc.constantFrom(1, 10, 45), beyond: fc.constantFrom(0, 0, 1, 5, 20, 135) })
    .map(({ slide, beyond }) => ({ kind: 'hop' as const, slide, width: slide + beyond })),
  fc.record({ kind: fc.constant('session' as const), seconds: fc.constantFrom(2, 11, 40) }),
);

export const generatedQuery: fc.Arbitrary<GeneratedQuery> = fc
  .record({
    shape,
    keys: fc.subarray(['k', 'g', "coalesce(s, 'none')"], { maxLength: 2 }),
    aggregates: fc.subarray([...aggregates], { minLength: 1, maxLength: 4 }),
    where: fc.option(fc.constantFrom('v > 5', "k <> 'a'", 's IS NOT NULL OR g = 1'), {
      nil: undefined,
    }),
    having: fc.option(fc.constantFrom('count(*) > 1', 'max(id) % 2 = 0', 'sum(v) IS NOT NULL'), {
      nil: undefined,
    }),
    after: fc.constantFrom('nothing', 'nothing', 'top', 'limit', 'again', 'joined'),
  })
  .map((query) =>
    // Equal sessions of all keys seldom meet, and are not joined.
    query.shape.kind === 'session' && query.after === 'joined'
      ? { ...query, after: 'nothing' as const }
      : query,
  );

/** In a script's words. */
export function scriptOf(query: GeneratedQuery): string {
  const windowed = grouped(query, `${windowCall(query.shape)} AS window`, 'events', 'window');
  return followed(query, windowed, 'window');
}

/** In DuckDB's. */
export function oracleOf(query: GeneratedQuery): string {
  const windowed = grouped(
    { ...query, where: undefined },
    '"window"',
    windowedRows(query),
    '"window"',
  );
  return followed(query, windowed, '"window"');
}

function windowCall(one: Shape): string {
  switch (one.kind) {
    case 'tumble':
      return `tumble(INTERVAL '${one.seconds} seconds')`;
    case 'hop':
      return `hop(INTERVAL '${one.slide} seconds', INTERVAL '${one.width} seconds')`;
    case 'session':
      return `session(INTERVAL '${one.seconds} seconds')`;
  }
}

function windowedRows({ shape: one, keys, where }: GeneratedQuery): string {
  const rows = `SELECT * FROM events WHERE ${where ?? 'true'}`;
  if (one.kind === 'tumble') {
    return `(SELECT *, tumbled(ts, ${one.seconds}) AS "window" FROM (${rows}))`;
  }
  if (one.kind === 'hop') {
    return `(SELECT *, unnest(hopped(ts, ${one.slide}, ${one.width})) AS "window" FROM (${rows}))`;
  }
  const gap = `INTERVAL '${one.seconds} seconds'`;
  const partition = ['1', ...keys].join(', ');
  return `(SELECT *, {'start': min(ts) OVER s, 'end': max(ts) OVER s + ${gap}} AS "window"
    FROM (SELECT *, count(*) FILTER (gap >= ${gap}) OVER (PARTITION BY ${partition} ORDER BY ts) AS n
      FROM (SELECT *, ts - lag(ts) OVER (PARTITION BY ${partition} ORDER BY ts) AS gap FROM (${rows})))
    WINDOW s AS (PARTITION BY ${partition}, n))`;
}

function grouped(
  { keys, aggregates: chosen, where, having }: GeneratedQuery,
  window: string,
  from: string,
  windowName: string,
): string {
  const columns = [
    window,
    ...keys.map((key, index) => `${key} AS key${index}`),
    ...chosen.map((aggregate, index) => `${aggregate} AS a${index}`),
    'max(id) AS last',
  ];
  return `SELECT ${columns.join(', ')} FROM ${from}${where === undefined ? '' : ` WHERE ${where}`}
    GROUP BY ${[windowName, ...keys].join(', ')}${having === undefined ? '' : ` HAVING ${having}`}`;
}

/** `limit` says in a script what DuckDB needs a row number for. */
function followed({ after }: GeneratedQuery, windowed: string, window: string): string {
  const top = `SELECT * FROM (${windowed})
    QUALIFY row_number() OVER (PARTITION BY ${window} ORDER BY last DESC) <= 2`;
  switch (after) {
    case 'nothing':
      return windowed;
    case 'top':
      return top;
    case 'limit':
      return window === 'window' ? `SELECT * FROM (${windowed}) ORDER BY last DESC LIMIT 2` : top;
    case 'again':
      return `SELECT ${window}, count(*) AS n, max(last) AS last FROM (${windowed}) GROUP BY ${window}`;
    case 'joined':
      return `WITH w AS (${windowed}) SELECT w.*, m.last AS latest FROM w
        JOIN (SELECT ${window}, max(last) AS last FROM w GROUP BY ${window}) m
          ON w.${window} = m.${window}`;
  }
}
