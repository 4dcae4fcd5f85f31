-- case: windows joined without their equality
SELECT a.n, b.n AS m
FROM (SELECT tumble(INTERVAL '1 minute') AS window, visitor, count(*) AS n FROM clicks GROUP BY window, visitor) a
JOIN (SELECT tumble(INTERVAL '1 minute') AS window, visitor, count(*) AS n FROM orders GROUP BY window, visitor) b
  ON a.visitor = b.visitor;

-- case: windows crossed
SELECT a.n, b.n AS m
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window) a
CROSS JOIN (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM orders GROUP BY window) b;

-- case: an ASOF join
SELECT clicks.id, orders.id AS order_id FROM clicks ASOF JOIN orders ON clicks.ts >= orders.ts;

-- case: a positional join
SELECT clicks.id FROM clicks POSITIONAL JOIN orders;

-- case: NATURAL JOIN of windows
SELECT * FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window) a
NATURAL JOIN (SELECT tumble(INTERVAL '2 minutes') AS window, count(*) AS m FROM orders GROUP BY window) b;

-- case: a lookup table alone
SELECT product, cost FROM products;

-- case: a full join with a lookup table
SELECT id, kind FROM orders FULL JOIN products USING (product);

-- case: a left join of a lookup table with a stream
SELECT id, kind FROM products LEFT JOIN orders USING (product);

-- case: a stream and a lookup table put together
SELECT product FROM orders UNION ALL SELECT product FROM products;

-- case: what changes with a lookup table
SELECT n, kind FROM (SELECT product, count(*) AS n FROM orders GROUP BY product) JOIN products USING (product);

-- case: what changes IN a lookup table
SELECT n FROM (SELECT product, count(*) AS n FROM orders GROUP BY product) WHERE product IN (SELECT product FROM products);

-- case: a value of a lookup table in a SELECT with groups
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM orders
WHERE price > (SELECT avg(cost) FROM products) GROUP BY window;

-- case: a lookup table with a watermark
CREATE TABLE rates (ts TIMESTAMP, rate DOUBLE, WATERMARK FOR ts)
  WITH (connector = 'delta', path = 'rates', type = 'lookup', format = 'json', 'lookup.cache.max_bytes' = '1MB');
SELECT id, rate FROM orders, rates;

-- case: tumbling windows joined with wider ones
SELECT a.window FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window) a
JOIN (SELECT hop(INTERVAL '1 minute', INTERVAL '2 minutes') AS window, count(*) AS n FROM orders GROUP BY window) b
  ON a.window = b.window;

-- case: tumbling windows joined with sessions
SELECT a.window FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window) a
LEFT JOIN (SELECT session(INTERVAL '1 minute') AS window, count(*) AS n FROM orders GROUP BY window) b USING (window);

-- case: UNION of windows without the window
SELECT page FROM (SELECT tumble(INTERVAL '1 minute') AS window, page FROM clicks GROUP BY ALL)
UNION SELECT product FROM (SELECT tumble(INTERVAL '1 minute') AS window, product FROM orders GROUP BY ALL);

-- case: a window in the condition of a join
SELECT c.id FROM clicks c JOIN orders o ON c.id = o.id AND tumble(INTERVAL '1 minute').start > c.ts;

-- case: a query beside a stream that names the stream
SELECT c.id, o.n FROM clicks c, LATERAL (SELECT count(*) AS n FROM orders WHERE orders.visitor = c.visitor) o;

-- case: IN of a query that names the stream
SELECT id FROM clicks c WHERE id IN (SELECT id FROM orders WHERE orders.visitor = c.visitor);

-- case: groups of an outer join by the window of the side that may lack it
SELECT b.window, count(*) AS n FROM (SELECT tumble(INTERVAL '1 minute') AS window, visitor FROM clicks GROUP BY ALL) a
LEFT JOIN (SELECT tumble(INTERVAL '1 minute') AS window, visitor FROM orders GROUP BY ALL) b ON a.window = b.window
GROUP BY b.window;
