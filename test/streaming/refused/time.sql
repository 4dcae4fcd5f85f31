-- case: a watermark for a column that is not there
CREATE TABLE e (ts TIMESTAMP, v INT, WATERMARK FOR time) WITH (connector = 'http');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM e GROUP BY window;

-- case: a watermark for a number
CREATE TABLE e (ts BIGINT, v INT, WATERMARK FOR ts) WITH (connector = 'http');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM e GROUP BY window;

-- case: a watermark that needs more than a row
CREATE TABLE e (ts TIMESTAMP, WATERMARK FOR ts AS (max(ts))) WITH (connector = 'http');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM e GROUP BY window;

-- case: two watermarks
CREATE TABLE e (ts TIMESTAMP, at TIMESTAMP, WATERMARK FOR ts, WATERMARK FOR at) WITH (connector = 'http');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM e GROUP BY window;

-- case: a sink that lacks a column of its INSERT
CREATE TABLE minutes (minute TIMESTAMP) WITH (connector = 'delta', path = 'minutes');
INSERT INTO minutes SELECT window.start, n
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window);
