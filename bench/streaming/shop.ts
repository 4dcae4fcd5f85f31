import { eventColumnList, eventColumns, readJsonColumns, shopEvents } from '../data.ts';
import { delaySeconds, disorderMs, eventTime, type Input, startAt } from './input.ts';

const spanSeconds = 500;
const userCount = 1_000_000;

/** A shop's events for 500 seconds, whose users are any of a million: some 285 bytes each. */
export const shopInput: Input = {
  name: `shop-stream-${spanSeconds}s-${disorderMs}ms-${userCount}`,
  spanSeconds,
  readColumns: readJsonColumns,
  events: (count) =>
    `SELECT * REPLACE (
      'user-' || (hash(i * 104729 + 11) % ${userCount})::VARCHAR AS user_id,
      ${eventTime(spanSeconds, count)} AS seen_at)
    FROM (SELECT *, id AS i FROM (${shopEvents({ count, startAt, secondsApart: 0 })}))`.replace(
      'SELECT * REPLACE',
      'SELECT * EXCLUDE (i) REPLACE',
    ),
  endEvent: (at) => JSON.stringify({ id: -1, seen_at: at, type: 'end' }),
  helios: `CREATE TABLE events (${eventColumnList},
      WATERMARK FOR seen_at AS seen_at - interval '${delaySeconds} seconds') WITH ($options);`,
  flink: [
    `CREATE TABLE events (${eventColumns.map(flinkColumn).join(', ')},
      WATERMARK FOR seen_at AS seen_at - INTERVAL '${delaySeconds}' SECOND) WITH ($options)`,
  ],
  spark: {
    columns: eventColumns
      .map(([name, type]) => `${name} ${type === 'TEXT' ? 'STRING' : type}`)
      .join(', '),
    time: 'seen_at',
    views: { events: 'SELECT * FROM input' },
  },
  oracle: ['CREATE VIEW events AS SELECT * FROM input'],
};

function flinkColumn([name, type]: (typeof eventColumns)[number]): string {
  if (type === 'TEXT') return `${name} STRING`;
  // Its plain TIMESTAMP takes no text with a zone.
  return `${name} ${type === 'TIMESTAMP' ? 'TIMESTAMP_LTZ(3)' : type}`;
}
