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
