import type { StreamQuery } from './query.ts';
import { shopInput } from './shop.ts';

const goals = { usual: 3, hop: 10 };

/** A shop's questions: counts by product, sessions of a million users, a join of windows. */
export const shopQueries: readonly StreamQuery[] = [
  {
    name: 'tumble',
    what: 'count by product (2,000) and 10 seconds',
    input: shopInput,
    columns: { ends: 'time', product_id: 'text', events: 'integer' },
    helios: `SELECT span.end AS ends, product_id, events FROM (
      SELECT tumble(interval '10 seconds') AS span, product_id, count(*) AS events
      FROM events GROUP BY 1, 2)`,
    flink: `SELECT window_end AS ends, product_id, count(*) AS events
      FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(seen_at), INTERVAL '10' SECOND))
      GROUP BY window_start, window_end, product_id`,
    spark: `SELECT span.end AS ends, product_id, events FROM (
      SELECT window(seen_at, '10 seconds') AS span, product_id, count(*) AS events
      FROM events GROUP BY 1, 2)`,
    oracle: `SELECT time_bucket(INTERVAL 10 SECOND, seen_at) + INTERVAL 10 SECOND AS ends,
        product_id, count(*) AS events FROM events GROUP BY 1, 2`,
    goalRatio: goals.usual,
  },
  {
    name: 'hop',
    what: 'count by product (2,000) of the last 60 seconds, each second',
    input: shopInput,
    columns: { ends: 'time', product_id: 'text', events: 'integer' },
    helios: `SELECT span.end AS ends, product_id, events FROM (
      SELECT hop(interval '1 second', interval '60 seconds') AS span, product_id,
        count(*) AS events
      FROM events GROUP BY 1, 2)`,
    flink: `SELECT window_end AS ends, product_id, count(*) AS events
      FROM TABLE(HOP(TABLE events, DESCRIPTOR(seen_at), INTERVAL '1' SECOND, INTERVAL '60' SECOND))
      GROUP BY window_start, window_end, product_id`,
    spark: `SELECT span.end AS ends, product_id, events FROM (
      SELECT window(seen_at, '60 seconds', '1 second') AS span, product_id, count(*) AS events
      FROM events GROUP BY 1, 2)`,
    oracle: `SELECT second + to_seconds(ahead) AS ends, product_id, sum(events) AS events
      FROM (SELECT date_trunc('second', seen_at) AS second, product_id, count(*) AS events
        FROM events GROUP BY 1, 2), range(1, 61) AS r(ahead)
      GROUP BY 1, 2`,
    goalRatio: goals.hop,
  },
  {
    name: 'session',
    what: 'sessions of 1,000,000 users, over after 60 seconds',
    input: shopInput,
    columns: { begins: 'time', ends: 'time', user_id: 'text', events: 'integer', items: 'integer' },
    // To Helios an event a whole gap behind is of the next session, to the others of the same.
    helios: `SELECT span.start AS begins, span.end - interval '1 millisecond' AS ends, user_id,
        events, items FROM (
      SELECT session(interval '60001 milliseconds') AS span, user_id, count(*) AS events,
        sum(quantity) AS items
      FROM events GROUP BY 1, 2)`,
    flink: `SELECT window_start AS begins, window_end AS ends, user_id, count(*) AS events,
        sum(quantity) AS items
      FROM TABLE(SESSION(TABLE events PARTITION BY user_id, DESCRIPTOR(seen_at),
        INTERVAL '60' SECOND))
      GROUP BY window_start, window_end, user_id`,
    spark: `SELECT span.start AS begins, span.end AS ends, user_id, events, items FROM (
      SELECT session_window(seen_at, '60 seconds') AS span, user_id, count(*) AS events,
        sum(quantity) AS items
      FROM events GROUP BY 1, 2)`,
    oracle: `SELECT min(seen_at) AS begins, max(seen_at) + INTERVAL 60 SECOND AS ends, user_id,
        count(*) AS events, sum(quantity) AS items
      FROM (SELECT *, count(*) FILTER (WHERE starts) OVER users AS session
        FROM (SELECT user_id, seen_at, quantity,
            coalesce(seen_at - lag(seen_at) OVER users > INTERVAL 60 SECOND, false) AS starts
          FROM events WINDOW users AS (PARTITION BY user_id ORDER BY seen_at))
        WINDOW users AS (PARTITION BY user_id ORDER BY seen_at))
      GROUP BY user_id, session`,
    goalRatio: goals.usual,
  },
  {
    name: 'join',
    what: 'views beside purchases of each user in a minute, windows joined',
    input: shopInput,
    columns: { ends: 'time', user_id: 'text', seen: 'integer', bought: 'integer' },
    helios: `SELECT v.span.end AS ends, v.user_id, v.seen, p.bought FROM (
        SELECT tumble(interval '1 minute') AS span, user_id, count(*) AS seen
        FROM events WHERE type = 'product_view' GROUP BY 1, 2) v
      JOIN (
        SELECT tumble(interval '1 minute') AS span, user_id, count(*) AS bought
        FROM events WHERE type = 'purchase' GROUP BY 1, 2) p
      ON v.span = p.span AND v.user_id = p.user_id`,
    flink: `SELECT v.window_end AS ends, v.user_id, v.seen, p.bought FROM (
        SELECT window_start, window_end, user_id, count(*) AS seen
        FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(seen_at), INTERVAL '1' MINUTE))
        WHERE type = 'product_view' GROUP BY window_start, window_end, user_id) v
      JOIN (
        SELECT window_start, window_end, user_id, count(*) AS bought
        FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(seen_at), INTERVAL '1' MINUTE))
        WHERE type = 'purchase' GROUP BY window_start, window_end, user_id) p
      ON v.window_start = p.window_start AND v.window_end = p.window_end
        AND v.user_id = p.user_id`,
    spark: `SELECT v.span.end AS ends, v.user_id, v.seen, p.bought FROM (
        SELECT window(seen_at, '1 minute') AS span, user_id, count(*) AS seen
        FROM events WHERE type = 'product_view' GROUP BY 1, 2) v
      JOIN (
        SELECT window(seen_at, '1 minute') AS span, user_id, count(*) AS bought
        FROM events WHERE type = 'purchase' GROUP BY 1, 2) p
      ON v.span = p.span AND v.user_id = p.user_id`,
    oracle: `SELECT ends, user_id, seen, bought FROM (
        SELECT time_bucket(INTERVAL 1 MINUTE, seen_at) + INTERVAL 1 MINUTE AS ends, user_id,
          count(*) FILTER (WHERE type = 'product_view') AS seen,
          count(*) FILTER (WHERE type = 'purchase') AS bought
        FROM events GROUP BY 1, 2)
      WHERE seen > 0 AND bought > 0`,
    goalRatio: goals.usual,
  },
];
