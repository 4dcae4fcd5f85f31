-- What the queries behind `-- equals` may name: the input files, and the windows of a time, worked out from
-- microseconds since 1970.
CREATE OR REPLACE TEMP TABLE clicks AS FROM read_json(getvariable('input') || '/clicks.jsonl', format = 'newline_delimited', columns = {
  id: 'BIGINT', ts: 'TIMESTAMPTZ', visitor: 'TEXT', page: 'TEXT', country: 'TEXT', ms: 'INT', amount: 'DECIMAL(10,2)',
  score: 'DOUBLE', ok: 'BOOLEAN', tags: 'TEXT[]', props: 'JSON', geo: 'STRUCT(city TEXT, zone INT)'});
CREATE OR REPLACE TEMP TABLE orders AS FROM read_json(getvariable('input') || '/orders.jsonl', format = 'newline_delimited', columns = {
  id: 'BIGINT', ts: 'TIMESTAMPTZ', visitor: 'TEXT', product: 'TEXT', price: 'DECIMAL(10,2)', quantity: 'INT'});
CREATE OR REPLACE TEMP TABLE payments AS FROM read_json(getvariable('input') || '/payments.jsonl', format = 'newline_delimited',
  columns = {ts: 'TIMESTAMPTZ', order_id: 'BIGINT', paid: 'DECIMAL(10,2)', method: 'TEXT'});
CREATE OR REPLACE TEMP TABLE readings AS FROM read_json(getvariable('input') || '/readings/*.jsonl', format = 'newline_delimited',
  columns = {sensor: 'TEXT', ts: 'TIMESTAMPTZ', value: 'DOUBLE', n: 'INT'});
CREATE OR REPLACE TEMP TABLE edges AS FROM read_json(getvariable('input') || '/edges.jsonl', format = 'newline_delimited',
  columns = {ts: 'TIMESTAMPTZ', name: 'TEXT', v: 'INT'});
CREATE OR REPLACE TEMP TABLE products AS FROM read_csv(getvariable('input') || '/products.csv',
  columns = {product: 'TEXT', kind: 'TEXT', cost: 'DECIMAL(10,2)'});
CREATE OR REPLACE TEMP TABLE stamps AS SELECT stamp::TIMESTAMPTZ AS ts, page FROM read_json(
  getvariable('input') || '/stamps.jsonl', format = 'newline_delimited', columns = {stamp: 'TEXT', page: 'TEXT'});

-- The multiple of so many seconds at or before a time.
CREATE OR REPLACE TEMP MACRO begin_of(t, seconds) AS make_timestamptz(
  epoch_us(t) - ((epoch_us(t) % (seconds * 1000000::BIGINT)) + seconds * 1000000::BIGINT) % (seconds * 1000000::BIGINT));
CREATE OR REPLACE TEMP MACRO seconds_after(t, seconds) AS make_timestamptz(epoch_us(t) + seconds * 1000000::BIGINT);
CREATE OR REPLACE TEMP MACRO tumbled(t, seconds) AS
  {'start': begin_of(t, seconds), 'end': seconds_after(begin_of(t, seconds), seconds)};
-- All windows that a time lies in, to be unnested.
CREATE OR REPLACE TEMP MACRO hopped(t, slide, width) AS list_filter(list_transform(range(0, width // slide + 1), lambda i:
  {'start': seconds_after(begin_of(t, slide), -i * slide), 'end': seconds_after(begin_of(t, slide), width - i * slide)}),
  lambda one: one.end > t);

-- Clicks with the session of their visitor, of a visitor and page, and of all, each by a gap of 30 seconds.
CREATE OR REPLACE TEMP VIEW visitor_sessions AS
  SELECT *, struct_pack("start" := min(ts) OVER s, "end" := max(ts) OVER s + INTERVAL '30 seconds') AS session
  FROM (SELECT *, count(*) FILTER (gap >= INTERVAL '30 seconds') OVER (PARTITION BY visitor ORDER BY ts) AS number
    FROM (SELECT *, ts - lag(ts) OVER (PARTITION BY visitor ORDER BY ts) AS gap FROM clicks))
  WINDOW s AS (PARTITION BY visitor, number);
CREATE OR REPLACE TEMP VIEW page_sessions AS
  SELECT *, struct_pack("start" := min(ts) OVER s, "end" := max(ts) OVER s + INTERVAL '30 seconds') AS session
  FROM (SELECT *, count(*) FILTER (gap >= INTERVAL '30 seconds') OVER (PARTITION BY visitor, page ORDER BY ts) AS number
    FROM (SELECT *, ts - lag(ts) OVER (PARTITION BY visitor, page ORDER BY ts) AS gap FROM clicks))
  WINDOW s AS (PARTITION BY visitor, page, number);
CREATE OR REPLACE TEMP VIEW all_sessions AS
  SELECT *, struct_pack("start" := min(ts) OVER s, "end" := max(ts) OVER s + INTERVAL '30 seconds') AS session
  FROM (SELECT *, count(*) FILTER (gap >= INTERVAL '30 seconds') OVER (ORDER BY ts) AS number
    FROM (SELECT *, ts - lag(ts) OVER (ORDER BY ts) AS gap FROM clicks))
  WINDOW s AS (PARTITION BY number);

-- Rows with their windows of a minute, and of two minutes every half.
CREATE OR REPLACE TEMP VIEW minutes AS SELECT *, tumbled(ts, 60) AS "window" FROM clicks;
CREATE OR REPLACE TEMP VIEW half_minutes AS SELECT *, unnest(hopped(ts, 30, 120)) AS "window" FROM clicks;
CREATE OR REPLACE TEMP VIEW order_minutes AS SELECT *, tumbled(ts, 60) AS "window" FROM orders;
CREATE OR REPLACE TEMP VIEW payment_minutes AS SELECT *, tumbled(ts, 60) AS "window" FROM payments;
