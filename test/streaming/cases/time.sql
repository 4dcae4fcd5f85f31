-- case: a generated column as event time
CREATE TABLE stamped (stamp TEXT, page TEXT, at TIMESTAMP GENERATED ALWAYS AS (stamp::TIMESTAMPTZ) STORED,
  WATERMARK FOR at AS (at - INTERVAL '10 seconds'))
WITH (connector = 'single_file', path = 'input/stamps.jsonl', format = 'json', type = 'source');
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n, max(at) AS latest FROM stamped GROUP BY window, page;
-- equals
SELECT tumbled(ts, 60) AS "window", page, count(*) AS n, max(ts) AS latest FROM stamps GROUP BY ALL

-- case: event time and watermark by options
CREATE TABLE optioned (stamp TEXT, page TEXT, at TIMESTAMP GENERATED ALWAYS AS (stamp::TIMESTAMPTZ),
  until TIMESTAMP GENERATED ALWAYS AS (stamp::TIMESTAMPTZ - INTERVAL '10 seconds'))
WITH (connector = 'single_file', path = 'input/stamps.jsonl', format = 'json', type = 'source',
  event_time_field = 'at', watermark_field = 'until');
SELECT session(INTERVAL '30 seconds') AS window, count(*) AS n FROM optioned GROUP BY window;
-- equals
SELECT struct_pack("start" := min(ts), "end" := max(ts) + INTERVAL '30 seconds') AS "window", count(*) AS n
FROM (SELECT *, count(*) FILTER (gap >= INTERVAL '30 seconds') OVER (ORDER BY ts) AS number
  FROM (SELECT *, ts - lag(ts) OVER (ORDER BY ts) AS gap FROM stamps)) GROUP BY number

-- case: event time by an option, in other letters
CREATE TABLE ordered (ts TIMESTAMP, product TEXT)
WITH (connector = 'single_file', path = 'input/orders.jsonl', format = 'json', type = 'source', event_time_field = TS);
SELECT tumble(INTERVAL '1 minute') AS window, product, count(*) AS n FROM ordered GROUP BY window, product;
-- equals
SELECT tumbled(ts, 60) AS "window", product, count(*) AS n FROM orders GROUP BY ALL

-- case: a watermark by a macro of a generated column
CREATE MACRO ten_before(t) AS t - INTERVAL '10 seconds';
CREATE TABLE called (stamp TEXT, page TEXT, at TIMESTAMP GENERATED ALWAYS AS (stamp::TIMESTAMPTZ),
  WATERMARK FOR at AS (ten_before(at)))
WITH (connector = 'single_file', path = 'input/stamps.jsonl', format = 'json', type = 'source');
SELECT hop(INTERVAL '30 seconds', INTERVAL '2 minutes') AS window, count(DISTINCT page) AS pages FROM called GROUP BY window;
-- equals
SELECT "window", count(DISTINCT page) AS pages
FROM (SELECT unnest(hopped(ts, 30, 120)) AS "window", page FROM stamps) GROUP BY ALL

-- case: a watermark that only some events tell
CREATE TABLE seldom (stamp TEXT, page TEXT, at TIMESTAMP GENERATED ALWAYS AS (stamp::TIMESTAMPTZ),
  WATERMARK FOR at AS (CASE WHEN page = '/' THEN at - INTERVAL '10 seconds' END))
WITH (connector = 'single_file', path = 'input/stamps.jsonl', format = 'json', type = 'source');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM seldom GROUP BY window;
-- equals
SELECT tumbled(ts, 60) AS "window", count(*) AS n FROM stamps GROUP BY ALL

-- case: a watermark that is always the same
CREATE TABLE unmoved (stamp TEXT, at TIMESTAMP GENERATED ALWAYS AS (stamp::TIMESTAMPTZ),
  WATERMARK FOR at AS (TIMESTAMP '1970-01-01 00:00:00'))
WITH (connector = 'single_file', path = 'input/stamps.jsonl', format = 'json', type = 'source');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM unmoved GROUP BY window;
-- equals
SELECT tumbled(ts, 60) AS "window", count(*) AS n FROM stamps GROUP BY ALL

-- case: events of 2326, whose watermark nobody believes
CREATE TABLE jumping (stamp TEXT, page TEXT, at TIMESTAMP GENERATED ALWAYS AS (
    CASE WHEN page = '/cart' THEN stamp::TIMESTAMPTZ + INTERVAL '300 years' ELSE stamp::TIMESTAMPTZ END),
  WATERMARK FOR at AS (at - INTERVAL '10 seconds'))
WITH (connector = 'single_file', path = 'input/stamps.jsonl', format = 'json', type = 'source');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM jumping GROUP BY window;
-- equals
SELECT tumbled(CASE WHEN page = '/cart' THEN ts + INTERVAL '300 years' ELSE ts END, 60) AS "window", count(*) AS n
FROM stamps GROUP BY ALL

-- case: numbers that are not finite
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FILTER (score < 1e309) AS n, max(-1e309) AS least FROM clicks GROUP BY window;
-- equals
SELECT "window", count(score) AS n, CAST('-Infinity' AS DOUBLE) AS least FROM minutes GROUP BY "window"
