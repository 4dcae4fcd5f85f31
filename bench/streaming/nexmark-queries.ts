import { nexmarkInput } from './nexmark.ts';
import type { StreamQuery } from './query.ts';

const goalRatio = 3;
const tenSeconds = `INTERVAL '10' SECOND`;

/** Nexmark's questions with the windows that its runs on Kafka have, 10 seconds. */
export const nexmarkQueries: readonly StreamQuery[] = [
  {
    name: 'q0',
    what: 'Nexmark q0, bids as they are',
    input: nexmarkInput,
    columns: {
      auction: 'integer',
      bidder: 'integer',
      price: 'integer',
      ends: 'time',
      extra: 'text',
    },
    ...everywhere('SELECT auction, bidder, price, event_time AS ends, extra FROM bids'),
    goalRatio,
  },
  {
    name: 'q1',
    what: 'Nexmark q1, prices in another currency',
    input: nexmarkInput,
    columns: {
      auction: 'integer',
      bidder: 'integer',
      price: 'decimal',
      ends: 'time',
      extra: 'text',
    },
    ...everywhere(
      'SELECT auction, bidder, 0.908 * price AS price, event_time AS ends, extra FROM bids',
    ),
    goalRatio,
  },
  {
    name: 'q2',
    what: 'Nexmark q2, bids on some auctions',
    input: nexmarkInput,
    columns: { auction: 'integer', price: 'integer', ends: 'time' },
    ...everywhere('SELECT auction, price, event_time AS ends FROM bids WHERE auction % 123 = 0'),
    goalRatio,
  },
  {
    name: 'q5',
    what: 'Nexmark q5, auctions with the most bids of 10 seconds, every two',
    input: nexmarkInput,
    columns: { ends: 'time', auction: 'integer', bids: 'integer' },
    helios: `WITH counted AS (
        SELECT hop(interval '2 seconds', interval '10 seconds') AS span, auction,
          count(*) AS bids
        FROM bids GROUP BY 1, 2)
      SELECT span.end AS ends, auction, bids FROM (
        SELECT *, rank() OVER (PARTITION BY span ORDER BY bids DESC) AS place FROM counted)
      WHERE place = 1`,
    flink: `WITH counted AS (
        SELECT window_start, window_end, auction, count(*) AS bids
        FROM TABLE(HOP(TABLE bids, DESCRIPTOR(event_time), INTERVAL '2' SECOND, ${tenSeconds}))
        GROUP BY window_start, window_end, auction)
      SELECT c.window_end AS ends, c.auction, c.bids FROM counted c
      JOIN (SELECT window_start, window_end, max(bids) AS most FROM counted
        GROUP BY window_start, window_end) m
      ON c.window_start = m.window_start AND c.window_end = m.window_end AND c.bids = m.most`,
    spark: `WITH counted AS (
        SELECT window(event_time, '10 seconds', '2 seconds') AS span, auction, count(*) AS bids
        FROM bids GROUP BY 1, 2)
      SELECT c.span.end AS ends, c.auction, c.bids FROM counted c
      JOIN (SELECT span, max(bids) AS most FROM counted GROUP BY 1) m
      ON c.span = m.span AND c.bids = m.most`,
    oracle: `SELECT ends, auction, bids FROM (
      SELECT time_bucket(INTERVAL 2 SECOND, event_time) + to_seconds(ahead) AS ends, auction,
        count(*) AS bids FROM bids, (VALUES (2), (4), (6), (8), (10)) AS r(ahead)
      GROUP BY 1, 2) QUALIFY rank() OVER (PARTITION BY ends ORDER BY bids DESC) = 1`,
    goalRatio,
  },
  {
    name: 'q7',
    what: 'Nexmark q7, the highest bids of 10 seconds',
    input: nexmarkInput,
    columns: {
      ends: 'time',
      auction: 'integer',
      bidder: 'integer',
      price: 'integer',
      extra: 'text',
    },
    helios: `SELECT b.span.end AS ends, b.auction, b.bidder, b.price, b.extra FROM (
        SELECT tumble(interval '10 seconds') AS span, auction, bidder, price, extra
        FROM bids GROUP BY 1, 2, 3, 4, 5) b
      JOIN (SELECT tumble(interval '10 seconds') AS span, max(price) AS highest
        FROM bids GROUP BY 1) m
      ON b.span = m.span AND b.price = m.highest`,
    flink: `SELECT b.window_end AS ends, b.auction, b.bidder, b.price, b.extra FROM (
        SELECT * FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(event_time), ${tenSeconds}))) b
      JOIN (SELECT window_start, window_end, max(price) AS highest
        FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(event_time), ${tenSeconds}))
        GROUP BY window_start, window_end) m
      ON b.window_start = m.window_start AND b.window_end = m.window_end
        AND b.price = m.highest`,
    spark: `SELECT b.span.end AS ends, b.auction, b.bidder, b.price, b.extra FROM (
        SELECT window(event_time, '10 seconds') AS span, auction, bidder, price, extra
        FROM bids) b
      JOIN (SELECT window(event_time, '10 seconds') AS span, max(price) AS highest
        FROM bids GROUP BY 1) m
      ON b.span = m.span AND b.price = m.highest`,
    oracle: `SELECT time_bucket(INTERVAL 10 SECOND, event_time) + INTERVAL 10 SECOND AS ends,
        auction, bidder, price, extra
      FROM bids QUALIFY price = max(price) OVER (PARTITION BY ends)`,
    goalRatio,
  },
  {
    name: 'q8',
    what: 'Nexmark q8, people who are new and sell something in 10 seconds',
    input: nexmarkInput,
    columns: { ends: 'time', id: 'integer', name: 'text' },
    helios: `SELECT p.span.end AS ends, p.id, p.name FROM (
        SELECT tumble(interval '10 seconds') AS span, id, name FROM people GROUP BY 1, 2, 3) p
      JOIN (SELECT tumble(interval '10 seconds') AS span, seller
        FROM auctions GROUP BY 1, 2) a
      ON p.span = a.span AND p.id = a.seller`,
    flink: `SELECT p.window_end AS ends, p.id, p.name FROM (
        SELECT window_start, window_end, id, name
        FROM TABLE(TUMBLE(TABLE people, DESCRIPTOR(event_time), ${tenSeconds}))
        GROUP BY window_start, window_end, id, name) p
      JOIN (SELECT window_start, window_end, seller
        FROM TABLE(TUMBLE(TABLE auctions, DESCRIPTOR(event_time), ${tenSeconds}))
        GROUP BY window_start, window_end, seller) a
      ON p.window_start = a.window_start AND p.window_end = a.window_end AND p.id = a.seller`,
    spark: `SELECT p.span.end AS ends, p.id, p.name FROM (
        SELECT window(event_time, '10 seconds') AS span, id, name
        FROM people GROUP BY 1, 2, 3) p
      JOIN (SELECT window(event_time, '10 seconds') AS span, seller
        FROM auctions GROUP BY 1, 2) a
      ON p.span = a.span AND p.id = a.seller`,
    oracle: `SELECT DISTINCT time_bucket(INTERVAL 10 SECOND, p.event_time) + INTERVAL 10 SECOND
        AS ends, p.id, p.name
      FROM people p JOIN auctions a ON p.id = a.seller AND
        time_bucket(INTERVAL 10 SECOND, p.event_time)
          = time_bucket(INTERVAL 10 SECOND, a.event_time)`,
    goalRatio,
  },
];

/** One that all of them understand. */
function everywhere(select: string): {
  readonly helios: string;
  readonly flink: string;
  readonly spark: string;
  readonly oracle: string;
} {
  return { helios: select, flink: select, spark: select, oracle: select };
}
