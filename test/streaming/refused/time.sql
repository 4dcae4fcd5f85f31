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

-- case: event time by an option, of a column that is not there
CREATE TABLE e (ts TIMESTAMP, v INT) WITH (connector = 'http', event_time_field = 'tss');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM e GROUP BY window;

-- case: event time by an option, of a number
CREATE TABLE e (ts TIMESTAMP, v INT) WITH (connector = 'http', event_time_field = 'v');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM e GROUP BY window;

-- case: event time by an option, and by a watermark
CREATE TABLE e (ts TIMESTAMP, v INT, WATERMARK FOR ts) WITH (connector = 'http', event_time_field = 'ts');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM e GROUP BY window;

-- case: a field for the watermark alone
CREATE TABLE e (ts TIMESTAMP, v INT) WITH (connector = 'http', watermark_field = 'ts');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM e GROUP BY window;

-- case: a field for the watermark that is no time
CREATE TABLE e (ts TIMESTAMP, v INT) WITH (connector = 'http', event_time_field = 'ts', watermark_field = 'v');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM e GROUP BY window;

-- case: late rows of a sink that prints
CREATE TABLE out WITH (connector = 'stdout', late_rows = 'keep');
INSERT INTO out SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window;

-- case: late rows kept some other way
CREATE TABLE out WITH (connector = 'delta', path = 'out', late_rows = 'keeps');
INSERT INTO out SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window;

-- case: late rows where there is no window
CREATE TABLE out WITH (connector = 'delta', path = 'out', late_rows = 'keep');
INSERT INTO out SELECT visitor FROM clicks;

-- case: late rows of changes
CREATE TABLE out WITH (connector = 'delta', path = 'out', late_rows = 'keep');
INSERT INTO out SELECT orders.visitor FROM orders JOIN clicks ON orders.visitor = clicks.visitor;

-- case: a watermark that is no time
CREATE TABLE late (ts TIMESTAMP, ms INT, WATERMARK FOR ts AS (ms - 5)) WITH (connector = 'http', format = 'json', type = 'source');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM late GROUP BY window;

-- case: a watermark of text
CREATE TABLE late (ts TIMESTAMP, WATERMARK FOR ts AS ('5 seconds')) WITH (connector = 'http', format = 'json', type = 'source');
SELECT ts FROM late;

-- case: a watermark of a column that is not there
CREATE TABLE late (ts TIMESTAMP, WATERMARK FOR ts AS (tsx - INTERVAL '5 seconds')) WITH (connector = 'http', format = 'json', type = 'source');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM late GROUP BY window;

-- case: a watermark later than its event
CREATE TABLE late (ts TIMESTAMP, WATERMARK FOR ts AS (ts + INTERVAL '5 seconds')) WITH (connector = 'http', format = 'json', type = 'source');
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM late GROUP BY window;
