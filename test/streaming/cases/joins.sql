-- case: an inner join of equal windows
SELECT o.window, o.orders, p.payments
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS orders FROM orders GROUP BY window) o
JOIN (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS payments FROM payments GROUP BY window) p ON o.window = p.window;
-- equals
SELECT o."window", orders, payments FROM (SELECT "window", count(*) AS orders FROM order_minutes GROUP BY ALL) o
JOIN (SELECT "window", count(*) AS payments FROM payment_minutes GROUP BY ALL) p ON o."window" = p."window"

-- case: a join by USING
SELECT window, orders, payments
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS orders FROM orders GROUP BY window) a
JOIN (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS payments FROM payments GROUP BY window) b USING (window);
-- equals
SELECT "window", orders, payments FROM (SELECT "window", count(*) AS orders FROM order_minutes GROUP BY ALL)
JOIN (SELECT "window", count(*) AS payments FROM payment_minutes GROUP BY ALL) USING ("window")

-- case: a left join
SELECT o.window, o.orders, p.payments
FROM (SELECT tumble(INTERVAL '10 seconds') AS window, count(*) AS orders FROM orders GROUP BY window) o
LEFT JOIN (SELECT tumble(INTERVAL '10 seconds') AS window, count(*) AS payments FROM payments GROUP BY window) p
  ON o.window = p.window;
-- equals
SELECT o."window", orders, payments
FROM (SELECT tumbled(ts, 10) AS "window", count(*) AS orders FROM orders GROUP BY ALL) o
LEFT JOIN (SELECT tumbled(ts, 10) AS "window", count(*) AS payments FROM payments GROUP BY ALL) p ON o."window" = p."window"

-- case: a right join
SELECT p.window, o.orders, p.payments
FROM (SELECT tumble(INTERVAL '10 seconds') AS window, count(*) AS orders FROM orders GROUP BY window) o
RIGHT JOIN (SELECT tumble(INTERVAL '10 seconds') AS window, count(*) AS payments FROM payments GROUP BY window) p
  ON o.window = p.window;
-- equals
SELECT p."window", orders, payments
FROM (SELECT tumbled(ts, 10) AS "window", count(*) AS orders FROM orders GROUP BY ALL) o
RIGHT JOIN (SELECT tumbled(ts, 10) AS "window", count(*) AS payments FROM payments GROUP BY ALL) p ON o."window" = p."window"

-- case: a full join
SELECT coalesce(o.window, p.window) AS window, coalesce(o.orders, 0) AS orders, coalesce(p.payments, 0) AS payments
FROM (SELECT tumble(INTERVAL '10 seconds') AS window, count(*) AS orders FROM orders GROUP BY window) o
FULL JOIN (SELECT tumble(INTERVAL '10 seconds') AS window, count(*) AS payments FROM payments GROUP BY window) p
  ON o.window = p.window;
-- equals
SELECT coalesce(o."window", p."window") AS "window", coalesce(orders, 0) AS orders, coalesce(payments, 0) AS payments
FROM (SELECT tumbled(ts, 10) AS "window", count(*) AS orders FROM orders GROUP BY ALL) o
FULL JOIN (SELECT tumbled(ts, 10) AS "window", count(*) AS payments FROM payments GROUP BY ALL) p ON o."window" = p."window"

-- case: a full join by USING
SELECT window, orders, payments
FROM (SELECT tumble(INTERVAL '10 seconds') AS window, count(*) AS orders FROM orders GROUP BY window) a
FULL JOIN (SELECT tumble(INTERVAL '10 seconds') AS window, count(*) AS payments FROM payments GROUP BY window) b USING (window);
-- equals
SELECT "window", orders, payments
FROM (SELECT tumbled(ts, 10) AS "window", count(*) AS orders FROM orders GROUP BY ALL)
FULL JOIN (SELECT tumbled(ts, 10) AS "window", count(*) AS payments FROM payments GROUP BY ALL) USING ("window")

-- case: a join of windows and a key
SELECT c.window, c.visitor, c.clicks, o.orders
FROM (SELECT tumble(INTERVAL '5 minutes') AS window, visitor, count(*) AS clicks FROM clicks GROUP BY window, visitor) c
JOIN (SELECT tumble(INTERVAL '5 minutes') AS window, visitor, count(*) AS orders FROM orders GROUP BY window, visitor) o
  ON c.window = o.window AND c.visitor = o.visitor;
-- equals
SELECT "window", visitor, clicks, orders
FROM (SELECT tumbled(ts, 300) AS "window", visitor, count(*) AS clicks FROM clicks GROUP BY ALL)
JOIN (SELECT tumbled(ts, 300) AS "window", visitor, count(*) AS orders FROM orders GROUP BY ALL) USING ("window", visitor)

-- case: a full join of windows and a key that is NULL in some rows
SELECT window, visitor, clicks, orders
FROM (SELECT tumble(INTERVAL '5 minutes') AS window, visitor, count(*) AS clicks FROM clicks GROUP BY window, visitor) a
FULL JOIN (SELECT tumble(INTERVAL '5 minutes') AS window, visitor, count(*) AS orders FROM orders GROUP BY window, visitor) b
  USING (window, visitor);
-- equals
SELECT "window", visitor, clicks, orders
FROM (SELECT tumbled(ts, 300) AS "window", visitor, count(*) AS clicks FROM clicks GROUP BY ALL)
FULL JOIN (SELECT tumbled(ts, 300) AS "window", visitor, count(*) AS orders FROM orders GROUP BY ALL) USING ("window", visitor)

-- case: a join with another condition
SELECT c.window, c.page, o.product
FROM (SELECT tumble(INTERVAL '2 minutes') AS window, page, count(*) AS n FROM clicks GROUP BY window, page) c
JOIN (SELECT tumble(INTERVAL '2 minutes') AS window, product, count(*) AS n FROM orders GROUP BY window, product) o
  ON c.window = o.window AND c.n > o.n;
-- equals
SELECT c."window", page, product
FROM (SELECT tumbled(ts, 120) AS "window", page, count(*) AS n FROM clicks GROUP BY ALL) c
JOIN (SELECT tumbled(ts, 120) AS "window", product, count(*) AS n FROM orders GROUP BY ALL) o
  ON c."window" = o."window" AND c.n > o.n

-- case: a join of hops
SELECT window, a, b
FROM (SELECT hop(INTERVAL '30 seconds', INTERVAL '2 minutes') AS window, count(*) AS a FROM clicks GROUP BY window) a
LEFT JOIN (SELECT hop(INTERVAL '30 seconds', INTERVAL '2 minutes') AS window, count(*) AS b FROM orders GROUP BY window) b USING (window);
-- equals
SELECT "window", a, b FROM (SELECT "window", count(*) AS a FROM half_minutes GROUP BY ALL)
LEFT JOIN (SELECT "window", count(*) AS b FROM (SELECT unnest(hopped(ts, 30, 120)) AS "window" FROM orders) GROUP BY ALL) USING ("window")

-- case: a join of three
SELECT window, a, b, c
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS a FROM clicks GROUP BY window) a
JOIN (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS b FROM orders GROUP BY window) b USING (window)
LEFT JOIN (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS c FROM payments GROUP BY window) c USING (window);
-- equals
SELECT "window", a, b, c FROM (SELECT "window", count(*) AS a FROM minutes GROUP BY ALL)
JOIN (SELECT "window", count(*) AS b FROM order_minutes GROUP BY ALL) USING ("window")
LEFT JOIN (SELECT "window", count(*) AS c FROM payment_minutes GROUP BY ALL) USING ("window")

-- case: a join that is counted again
SELECT window, count(*) AS pairs, sum(clicks) AS clicks FROM (
  SELECT window, visitor, clicks, orders
  FROM (SELECT tumble(INTERVAL '2 minutes') AS window, visitor, count(*) AS clicks FROM clicks GROUP BY window, visitor) a
  JOIN (SELECT tumble(INTERVAL '2 minutes') AS window, visitor, count(*) AS orders FROM orders GROUP BY window, visitor) b
    USING (window, visitor))
GROUP BY window;
-- equals
SELECT "window", count(*) AS pairs, sum(clicks) AS clicks
FROM (SELECT tumbled(ts, 120) AS "window", visitor, count(*) AS clicks FROM clicks GROUP BY ALL)
JOIN (SELECT tumbled(ts, 120) AS "window", visitor, count(*) AS orders FROM orders GROUP BY ALL) USING ("window", visitor)
GROUP BY ALL

-- case: the view of a window joined with itself
CREATE VIEW pages AS SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page;
CREATE VIEW most AS SELECT window, max(n) AS n FROM pages GROUP BY window;
SELECT pages.window, page, pages.n FROM pages JOIN most ON pages.window = most.window AND pages.n = most.n;
-- equals
SELECT "window", page, n FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)
QUALIFY rank() OVER (PARTITION BY "window" ORDER BY n DESC) = 1

-- case: SEMI and ANTI joins of equal windows
CREATE VIEW c AS SELECT tumble(INTERVAL '2 minutes') AS window, visitor, count(*) AS n FROM clicks GROUP BY window, visitor;
CREATE VIEW o AS SELECT tumble(INTERVAL '2 minutes') AS window, visitor, count(*) AS n FROM orders GROUP BY window, visitor;
INSERT INTO buyers SELECT * FROM c SEMI JOIN o USING (window, visitor);
INSERT INTO lookers SELECT * FROM c ANTI JOIN o USING (window, visitor);
-- equals buyers
SELECT tumbled(ts, 120) AS "window", visitor, count(*) AS n FROM clicks
WHERE (tumbled(ts, 120), visitor) IN (SELECT (tumbled(ts, 120), visitor) FROM orders) GROUP BY ALL
-- equals lookers
SELECT tumbled(ts, 120) AS "window", visitor, count(*) AS n FROM clicks
WHERE (tumbled(ts, 120), visitor) NOT IN (SELECT (tumbled(ts, 120), visitor) FROM orders) GROUP BY ALL

-- case: a tumble joined with a hop of its width
SELECT a.window, a.n, b.n AS m
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window) a
JOIN (SELECT hop(INTERVAL '30 seconds', INTERVAL '1 minute') AS window, count(*) AS n FROM orders GROUP BY window) b
  ON a.window = b.window;
-- equals
SELECT "window", n, m FROM (SELECT "window", count(*) AS n FROM minutes GROUP BY ALL)
JOIN (SELECT "window", count(*) AS m FROM order_minutes GROUP BY ALL) USING ("window")

-- case: sessions joined where they are equal
SELECT a.window, a.visitor, a.n, b.n AS good
FROM (SELECT session(INTERVAL '30 seconds') AS window, visitor, count(*) AS n FROM clicks GROUP BY window, visitor) a
JOIN (SELECT session(INTERVAL '30 seconds') AS window, visitor, count(*) AS n FROM clicks WHERE ms IS NOT NULL GROUP BY window, visitor) b
  ON a.window = b.window AND a.visitor = b.visitor;
-- equals
WITH measured AS (
  SELECT visitor, {'start': min(ts), 'end': max(ts) + INTERVAL '30 seconds'} AS session, count(*) AS good
  FROM (SELECT *, count(*) FILTER (gap >= INTERVAL '30 seconds') OVER (PARTITION BY visitor ORDER BY ts) AS number
    FROM (SELECT *, ts - lag(ts) OVER (PARTITION BY visitor ORDER BY ts) AS gap FROM clicks WHERE ms IS NOT NULL))
  GROUP BY visitor, number)
SELECT v.session AS "window", visitor, count(*) AS n, any_value(good) AS good
FROM visitor_sessions v JOIN measured USING (visitor, session) GROUP BY ALL

-- case: UNION of windows without doubles
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window
UNION SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM orders GROUP BY window;
-- equals
SELECT "window", count(*) AS n FROM minutes GROUP BY ALL UNION SELECT "window", count(*) FROM order_minutes GROUP BY ALL

-- case: EXCEPT and INTERSECT of windows
CREATE VIEW clicking AS SELECT tumble(INTERVAL '1 minute') AS window, visitor FROM clicks GROUP BY window, visitor;
CREATE VIEW buying AS SELECT tumble(INTERVAL '1 minute') AS window, visitor FROM orders GROUP BY window, visitor;
INSERT INTO only_clicking SELECT * FROM clicking EXCEPT SELECT * FROM buying;
INSERT INTO both_of_them SELECT * FROM clicking INTERSECT SELECT * FROM buying;
-- equals only_clicking
SELECT "window", visitor FROM minutes EXCEPT SELECT "window", visitor FROM order_minutes
-- equals both_of_them
SELECT "window", visitor FROM minutes INTERSECT SELECT "window", visitor FROM order_minutes

-- case: IN of equal windows
SELECT window, page FROM (
  SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page)
WHERE window IN (SELECT window FROM (
  SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM orders GROUP BY window));
-- equals
SELECT DISTINCT "window", page FROM minutes WHERE "window" IN (SELECT "window" FROM order_minutes)

-- case: IN of windows and keys
SELECT window, visitor FROM (
  SELECT tumble(INTERVAL '2 minutes') AS window, visitor, count(*) AS n FROM clicks GROUP BY window, visitor)
WHERE (window, visitor) IN (SELECT (window, visitor) FROM (
  SELECT tumble(INTERVAL '2 minutes') AS window, visitor, count(*) AS n FROM orders GROUP BY window, visitor));
-- equals
SELECT DISTINCT tumbled(ts, 120) AS "window", visitor FROM clicks
WHERE (tumbled(ts, 120), visitor) IN (SELECT (tumbled(ts, 120), visitor) FROM orders)

-- case: EXISTS of equal windows
SELECT window, visitor, n FROM (
  SELECT tumble(INTERVAL '2 minutes') AS window, visitor, count(*) AS n FROM clicks GROUP BY window, visitor) c
WHERE EXISTS (SELECT 1 FROM (
  SELECT tumble(INTERVAL '2 minutes') AS window, visitor, count(*) AS n FROM orders GROUP BY window, visitor) o
  WHERE o.window = c.window AND o.visitor = c.visitor);
-- equals
SELECT tumbled(ts, 120) AS "window", visitor, count(*) AS n FROM clicks
WHERE (tumbled(ts, 120), visitor) IN (SELECT (tumbled(ts, 120), visitor) FROM orders) GROUP BY ALL

-- case: NOT EXISTS of equal windows
SELECT window, visitor, n FROM (
  SELECT tumble(INTERVAL '2 minutes') AS window, visitor, count(*) AS n FROM clicks GROUP BY window, visitor) c
WHERE NOT EXISTS (SELECT 1 FROM (
  SELECT tumble(INTERVAL '2 minutes') AS window, visitor, count(*) AS n FROM orders GROUP BY window, visitor) o
  WHERE o.window = c.window AND o.visitor = c.visitor);
-- equals
SELECT tumbled(ts, 120) AS "window", visitor, count(*) AS n FROM clicks
WHERE (tumbled(ts, 120), visitor) NOT IN (SELECT (tumbled(ts, 120), visitor) FROM orders) GROUP BY ALL

-- case: NOT IN of equal windows
SELECT window, page FROM (
  SELECT tumble(INTERVAL '10 seconds') AS window, page, count(*) AS n FROM clicks GROUP BY window, page)
WHERE window NOT IN (SELECT window FROM (
  SELECT tumble(INTERVAL '10 seconds') AS window, count(*) AS n FROM orders GROUP BY window)) AND n > 0;
-- equals
SELECT DISTINCT tumbled(ts, 10) AS "window", page FROM clicks
WHERE tumbled(ts, 10) NOT IN (SELECT tumbled(ts, 10) FROM orders)

-- case: NOT IN of windows and keys, of which some are NULL
SELECT window, visitor FROM (
  SELECT tumble(INTERVAL '2 minutes') AS window, visitor, count(*) AS n FROM clicks GROUP BY window, visitor)
WHERE (window, visitor) NOT IN (SELECT (window, visitor) FROM (
  SELECT tumble(INTERVAL '2 minutes') AS window, visitor, count(*) AS n FROM orders GROUP BY window, visitor));
-- equals
SELECT DISTINCT tumbled(ts, 120) AS "window", visitor FROM clicks
WHERE (tumbled(ts, 120), visitor) NOT IN (SELECT (tumbled(ts, 120), visitor) FROM orders)

-- case: groups of a full join by the window of either side
CREATE VIEW clicking_ten AS SELECT tumble(INTERVAL '10 seconds') AS window, visitor FROM clicks GROUP BY ALL;
CREATE VIEW buying_ten AS SELECT tumble(INTERVAL '10 seconds') AS window, visitor FROM orders GROUP BY ALL;
CREATE VIEW paying_ten AS SELECT tumble(INTERVAL '10 seconds') AS window, method FROM payments GROUP BY ALL;
INSERT INTO by_coalesce SELECT coalesce(a.window, b.window, c.window) AS window, count(*) AS n
FROM clicking_ten a FULL JOIN buying_ten b ON a.window = b.window
FULL JOIN paying_ten c ON c.window = coalesce(a.window, b.window) GROUP BY 1;
INSERT INTO by_using SELECT window, count(*) AS n
FROM clicking_ten FULL JOIN buying_ten USING (window) FULL JOIN paying_ten USING (window) GROUP BY window;
INSERT INTO by_right SELECT window, count(*) AS n
FROM (SELECT * FROM clicking_ten RIGHT JOIN buying_ten USING (window)) GROUP BY window;
-- equals by_coalesce
SELECT "window", count(*) AS n FROM (SELECT DISTINCT tumbled(ts, 10) AS "window", visitor FROM clicks)
FULL JOIN (SELECT DISTINCT tumbled(ts, 10) AS "window", visitor FROM orders) USING ("window")
FULL JOIN (SELECT DISTINCT tumbled(ts, 10) AS "window", method FROM payments) USING ("window") GROUP BY ALL
-- equals by_using
SELECT "window", count(*) AS n FROM (SELECT DISTINCT tumbled(ts, 10) AS "window", visitor FROM clicks)
FULL JOIN (SELECT DISTINCT tumbled(ts, 10) AS "window", visitor FROM orders) USING ("window")
FULL JOIN (SELECT DISTINCT tumbled(ts, 10) AS "window", method FROM payments) USING ("window") GROUP BY ALL
-- equals by_right
SELECT "window", count(*) AS n FROM (SELECT DISTINCT tumbled(ts, 10) AS "window", visitor FROM clicks)
RIGHT JOIN (SELECT DISTINCT tumbled(ts, 10) AS "window", visitor FROM orders) USING ("window") GROUP BY ALL

-- case: NATURAL joins
INSERT INTO of_windows SELECT *
FROM (SELECT tumble(INTERVAL '10 seconds') AS window, visitor, count(*) AS n FROM clicks GROUP BY ALL)
NATURAL FULL JOIN (SELECT tumble(INTERVAL '10 seconds') AS window, visitor, count(*) AS m FROM orders GROUP BY ALL);
INSERT INTO of_events SELECT * FROM (SELECT visitor, id FROM clicks) NATURAL JOIN (SELECT visitor, product FROM orders);
INSERT INTO of_tables SELECT id, kind FROM orders NATURAL LEFT JOIN products;
-- equals of_windows
SELECT * FROM (SELECT tumbled(ts, 10) AS "window", visitor, count(*) AS n FROM clicks GROUP BY ALL)
NATURAL FULL JOIN (SELECT tumbled(ts, 10) AS "window", visitor, count(*) AS m FROM orders GROUP BY ALL)
-- equals of_events
SELECT * FROM (SELECT visitor, id FROM clicks) NATURAL JOIN (SELECT visitor, product FROM orders)
-- equals of_tables
SELECT id, kind FROM orders NATURAL LEFT JOIN products
