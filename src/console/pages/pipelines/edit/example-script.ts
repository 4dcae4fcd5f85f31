/** A pipeline that works as it stands, for who begins. */
export const exampleScript: string = `CREATE TABLE events (
  id TEXT,
  at TIMESTAMP,
  value DOUBLE
) WITH (
  connector = 'http',
  format = 'json'
);

CREATE TABLE kept_events WITH (
  connector = 'delta',
  path = 'helios-data/tables/kept_events',
  format = 'parquet'
);

INSERT INTO kept_events
SELECT id, at, value
FROM events;
`;
