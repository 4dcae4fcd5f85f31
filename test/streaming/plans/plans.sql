-- case: a filter
INSERT INTO quick SELECT id, upper(page) AS page FROM clicks WHERE ms < 100;

-- case: a filter through a view and a memory table
CREATE VIEW quick AS SELECT id, page FROM clicks WHERE ms < 100;
CREATE TABLE pages (page TEXT);
INSERT INTO pages SELECT page FROM quick;
INSERT INTO pages SELECT page FROM clicks WHERE country = 'NZ';
SELECT page FROM pages;

-- case: a tumbling window
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS clicks, avg(ms) FILTER (WHERE ok) AS mean
FROM clicks WHERE country <> 'NZ' GROUP BY window, page HAVING count(*) > 1;

-- case: a hop over tumbling windows
CREATE VIEW seconds AS SELECT tumble(INTERVAL '1 second') AS second, page, count(*) AS clicks FROM clicks GROUP BY second, page;
SELECT hop(INTERVAL '10 seconds', INTERVAL '1 minute') AS window, page, sum(clicks) AS clicks FROM seconds GROUP BY window, page;

-- case: sessions
SELECT session(INTERVAL '30 seconds') AS session, visitor, list(page ORDER BY ts) AS pages FROM clicks GROUP BY session, visitor;

-- case: the best of each window
SELECT window, page, clicks FROM (
  SELECT *, row_number() OVER (PARTITION BY window ORDER BY clicks DESC, page) AS place FROM (
    SELECT tumble(INTERVAL '5 minutes') AS window, page, count(*) AS clicks FROM clicks GROUP BY window, page))
WHERE place <= 3;

-- case: a join of windows
SELECT o.window, o.orders, p.payments
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS orders FROM orders GROUP BY window) o
LEFT JOIN (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS payments FROM payments GROUP BY window) p
  ON o.window = p.window;

-- case: a join that keeps rows
SET updating_ttl = '2 hours';
SELECT o.id, o.product, p.paid FROM orders o JOIN payments p ON o.id = p.order_id WHERE p.paid > 0;

-- case: a left join as changes
CREATE TABLE paid WITH (connector = 'single_file', path = 'paid.json', format = 'debezium_json', type = 'sink');
INSERT INTO paid SELECT o.id, p.paid FROM orders o LEFT JOIN payments p ON o.id = p.order_id;

-- case: a table that is looked up
SELECT o.id, p.kind, o.quantity * p.cost AS cost FROM orders o LEFT JOIN products p ON o.product = p.product;

-- case: windows of rows with what was looked up
SELECT tumble(INTERVAL '1 hour') AS window, p.kind, sum(o.quantity) AS sold
FROM orders o JOIN products p ON o.product = p.product GROUP BY window, p.kind;

-- case: what is asked of a table that is looked up
SELECT tumble(INTERVAL '1 hour') AS window, k.kind, count(*) AS sold
FROM orders o LEFT JOIN (SELECT product, upper(kind) AS kind FROM products WHERE cost > 1) k ON o.product = k.product
GROUP BY window, k.kind;

-- case: a view of a table that is looked up
CREATE VIEW kinds AS SELECT product, upper(kind) AS kind FROM products;
SELECT tumble(INTERVAL '1 hour') AS window, count(*) AS sold FROM orders WHERE product IN (SELECT product FROM kinds)
GROUP BY window;

-- case: a semi join
CREATE TABLE buyers WITH (connector = 'single_file', path = 'buyers.json', format = 'debezium_json', type = 'sink');
INSERT INTO buyers SELECT id, visitor, page FROM clicks WHERE visitor IN (SELECT visitor FROM orders);

-- case: groups without a window, as changes
CREATE TABLE totals WITH (connector = 'single_file', path = 'totals.json', format = 'debezium_json', type = 'sink');
INSERT INTO totals SELECT page, count(*) AS clicks, median(ms) AS middle FROM clicks GROUP BY page;

-- case: groups without a window, kept current
CREATE TABLE totals WITH (connector = 'delta', path = 'tables/totals', type = 'sink');
INSERT INTO totals SELECT country, page, count(*) AS clicks FROM clicks GROUP BY country, page;

-- case: rows of a table that changes
CREATE TABLE people (id BIGINT PRIMARY KEY, name TEXT, city TEXT)
  WITH (connector = 'http', format = 'debezium_json', type = 'source');
CREATE TABLE cities WITH (connector = 'delta', path = 'tables/cities', type = 'sink');
INSERT INTO cities SELECT city, count(*) AS people FROM people GROUP BY city;

-- case: a union
SELECT tumble(INTERVAL '1 minute') AS window, visitor, count(*) AS n
FROM (SELECT visitor, ts FROM clicks UNION ALL SELECT visitor, ts FROM orders) GROUP BY window, visitor;

-- case: sinks that share a view
CREATE VIEW minutes AS SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS clicks FROM clicks GROUP BY window, page;
INSERT INTO all_pages SELECT * FROM minutes;
INSERT INTO busy_pages SELECT window, page FROM minutes WHERE clicks > 10;

-- case: late rows that are kept
CREATE TABLE minutes WITH (connector = 'delta', path = 'tables/minutes', type = 'sink', late_rows = 'keep');
INSERT INTO minutes SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS clicks FROM clicks GROUP BY window;

-- case: a topic by the record's own time
CREATE TABLE visits (page TEXT) WITH (connector = 'kafka', bootstrap_servers = 'localhost:9092', topic = 'visits',
  format = 'json', type = 'source');
CREATE TABLE counts WITH (connector = 'kafka', bootstrap_servers = 'localhost:9092', topic = 'counts',
  format = 'json', type = 'sink');
INSERT INTO counts SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS visits FROM visits GROUP BY window;

-- case: EXPLAIN of one of two
INSERT INTO all_pages SELECT page FROM clicks;
EXPLAIN SELECT visitor, count(*) AS orders FROM orders GROUP BY visitor;
