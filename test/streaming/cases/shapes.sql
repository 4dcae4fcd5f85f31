-- case: a CTE
WITH per_page AS (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page)
SELECT window, page FROM per_page WHERE n > 2;
-- equals
SELECT "window", page FROM minutes GROUP BY ALL HAVING count(*) > 2

-- case: a CTE that is read twice
WITH per_page AS (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page)
SELECT window, page, n, total FROM per_page JOIN (SELECT window, sum(n) AS total FROM per_page GROUP BY window) USING (window);
-- equals
SELECT "window", page, n, sum(n) OVER (PARTITION BY "window") AS total
FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)

-- case: CTEs of CTEs
WITH good AS (SELECT * FROM clicks WHERE ok), minutes AS (
  SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM good GROUP BY window)
SELECT window, n * 2 AS n FROM minutes;
-- equals
SELECT "window", count(*) * 2 AS n FROM minutes WHERE ok GROUP BY ALL

-- case: a CTE in a subquery
SELECT * FROM (WITH q AS (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window) SELECT window, n FROM q);
-- equals
SELECT "window", count(*) AS n FROM minutes GROUP BY ALL

-- case: views over views
CREATE VIEW good AS SELECT * FROM clicks WHERE ok;
CREATE VIEW per_minute AS SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM good GROUP BY window, page;
CREATE VIEW named AS SELECT window.start AS minute, page || '!' AS page, n FROM per_minute;
SELECT minute, page, n FROM named WHERE n >= 2;
-- equals
SELECT "window"."start" AS minute, page || '!' AS page, count(*) AS n FROM minutes WHERE ok GROUP BY ALL HAVING n >= 2

-- case: a window over a subquery of rows
SELECT tumble(INTERVAL '1 minute') AS window, kind, count(*) AS n
FROM (SELECT CASE WHEN page LIKE '/shop%' THEN 'shop' ELSE 'other' END AS kind FROM clicks) GROUP BY window, kind;
-- equals
SELECT "window", CASE WHEN page LIKE '/shop%' THEN 'shop' ELSE 'other' END AS kind, count(*) AS n FROM minutes GROUP BY ALL

-- case: a window over UNION ALL of two sources
SELECT tumble(INTERVAL '1 minute') AS window, what, count(*) AS n
FROM (SELECT 'click' AS what FROM clicks UNION ALL SELECT 'order' AS what FROM orders) GROUP BY window, what;
-- equals
SELECT "window", 'click' AS what, count(*) AS n FROM minutes GROUP BY ALL
UNION ALL SELECT "window", 'order', count(*) FROM order_minutes GROUP BY ALL

-- case: UNION ALL of windows
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window
UNION ALL SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM orders GROUP BY window;
-- equals
SELECT "window", count(*) AS n FROM minutes GROUP BY ALL UNION ALL SELECT "window", count(*) FROM order_minutes GROUP BY ALL

-- case: a list of each row unnested before a window
SELECT tumble(INTERVAL '1 minute') AS window, tag, count(*) AS n FROM (SELECT unnest(tags) AS tag FROM clicks) GROUP BY window, tag;
-- equals
SELECT "window", tag, count(*) AS n FROM (SELECT "window", unnest(tags) AS tag FROM minutes) GROUP BY ALL

-- case: unnest beside a source
SELECT tumble(INTERVAL '1 minute') AS window, tag, count(*) AS n FROM clicks, unnest(tags) q(tag) GROUP BY window, tag;
-- equals
SELECT "window", tag, count(*) AS n FROM (SELECT "window", unnest(tags) AS tag FROM minutes) GROUP BY ALL

-- case: a window's list unnested
SELECT window, unnest(pages) AS page
FROM (SELECT tumble(INTERVAL '1 minute') AS window, list(DISTINCT page ORDER BY page) AS pages FROM clicks GROUP BY window);
-- equals
SELECT DISTINCT "window", page FROM minutes

-- case: JSON paths as keys
SELECT tumble(INTERVAL '5 minutes') AS window, props->>'plan' AS plan, count(*) AS n FROM clicks GROUP BY window, plan;
-- equals
SELECT tumbled(ts, 300) AS "window", props->>'plan' AS plan, count(*) AS n FROM clicks GROUP BY ALL

-- case: JSON paths of every kind
SELECT tumble(INTERVAL '5 minutes') AS window, sum((props->'n')::INT) AS n, sum((props->>'$.list[1]')::INT) AS second,
  count(*) FILTER (json_exists(props, 'plan')) AS planned, max(json_array_length(props, 'list')) AS longest
FROM clicks GROUP BY window;
-- equals
SELECT tumbled(ts, 300) AS "window", sum((props->'n')::INT) AS n, sum((props->>'$.list[1]')::INT) AS second,
  count(*) FILTER (json_exists(props, 'plan')) AS planned, max(json_array_length(props, 'list')) AS longest
FROM clicks GROUP BY ALL

-- case: all columns of a window
SELECT * FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page);
-- equals
SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL

-- case: all columns but some
SELECT * EXCLUDE (page) REPLACE (n + 1 AS n)
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page);
-- equals
SELECT "window", n + 1 AS n FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)

-- case: a subquery that begins with FROM
FROM (FROM clicks SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n GROUP BY window) SELECT window, n;
-- equals
SELECT "window", count(*) AS n FROM minutes GROUP BY ALL

-- case: names of tables and columns with quotes
CREATE VIEW "Named_Minutes" AS SELECT tumble(INTERVAL '1 minute') AS "window", page AS "the ""page""", count(*) AS "n!" FROM clicks GROUP BY "window", page;
SELECT "window", "the ""page""", "n!" FROM "Named_Minutes";
-- equals
SELECT "window", page AS "the ""page""", count(*) AS "n!" FROM minutes GROUP BY ALL

-- case: an alias of the source
SELECT tumble(INTERVAL '1 minute') AS window, c.page, count(c.ms) AS n FROM clicks AS c GROUP BY window, c.page;
-- equals
SELECT "window", page, count(ms) AS n FROM minutes GROUP BY ALL

-- case: a column named like an aggregate
SELECT tumble(INTERVAL '1 minute') AS window, sum(ms) AS sum, count(*) AS count, min(ms) AS min FROM clicks GROUP BY window;
-- equals
SELECT "window", sum(ms) AS sum, count(*) AS count, min(ms) AS min FROM minutes GROUP BY ALL

-- case: filters behind a window
SELECT window, n FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window)
WHERE n BETWEEN 5 AND 20 AND window.start > TIMESTAMPTZ '2026-03-29 00:58:00+00';
-- equals
SELECT "window", count(*) AS n FROM minutes GROUP BY ALL
HAVING n BETWEEN 5 AND 20 AND "window"."start" > TIMESTAMPTZ '2026-03-29 00:58:00+00'

-- case: a conversion rate
SELECT window.start AS minute, round(100.0 * buyers / nullif(visitors, 0), 1) AS percent FROM (
  SELECT tumble(INTERVAL '1 minute') AS window, count(DISTINCT visitor) AS visitors,
    count(DISTINCT visitor) FILTER (page = '/pay') AS buyers
  FROM clicks GROUP BY window);
-- equals
SELECT "window"."start" AS minute,
  round(100.0 * count(DISTINCT visitor) FILTER (page = '/pay') / nullif(count(DISTINCT visitor), 0), 1) AS percent
FROM minutes GROUP BY "window"

-- case: a memory table between
CREATE TABLE per_page (minute TIMESTAMP, page TEXT, n BIGINT);
INSERT INTO per_page SELECT window.start, page, n
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page);
INSERT INTO result SELECT * FROM per_page WHERE n > 1;
-- equals result
SELECT "window"."start" AS minute, page, count(*) AS n FROM minutes GROUP BY ALL HAVING n > 1

-- case: UNION ALL BY NAME of windows, counted again
SELECT window, sum(n) AS n, sum(m) AS m FROM (
  SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window
  UNION ALL BY NAME SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS m FROM orders GROUP BY window)
GROUP BY window;
-- equals
SELECT "window", nullif(count(*) FILTER (what = 1), 0)::HUGEINT AS n, nullif(count(*) FILTER (what = 2), 0)::HUGEINT AS m
FROM (SELECT "window", 1 AS what FROM minutes UNION ALL SELECT "window", 2 FROM order_minutes) GROUP BY ALL

-- case: structs made of aggregates
SELECT tumble(INTERVAL '1 minute') AS window, {n: count(*), ms: sum(ms)} AS total FROM clicks GROUP BY window;
-- equals
SELECT "window", {n: count(*), ms: sum(ms)} AS total FROM minutes GROUP BY "window"

-- case: columns of one name are numbered
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n, sum(ms) AS n, page AS N FROM clicks GROUP BY window, page;
-- equals
SELECT "window", count(*) AS n, sum(ms) AS n_1, page AS N_2 FROM minutes GROUP BY "window", page

-- case: columns of one name in a join of windows
SELECT * FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window) a
JOIN (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM orders GROUP BY window) b ON a.window = b.window;
-- equals
SELECT a."window", a.n, b."window" AS window_1, b.n AS n_1
FROM (SELECT "window", count(*) AS n FROM minutes GROUP BY "window") a
JOIN (SELECT "window", count(*) AS n FROM order_minutes GROUP BY "window") b ON a."window" = b."window"

-- case: columns of one name in a join of events, in a view
CREATE VIEW pairs AS SELECT c.visitor, o.product AS visitor, c.id, o.id FROM clicks c JOIN orders o ON c.visitor = o.visitor;
SELECT tumble(INTERVAL '5 minutes') AS window, visitor_1 AS product, sum(id) AS a, sum(id_1) AS b FROM pairs GROUP BY ALL;
-- equals
SELECT tumbled(greatest(c.ts, o.ts), 300) AS "window", o.product, sum(c.id) AS a, sum(o.id) AS b
FROM clicks c JOIN orders o ON c.visitor = o.visitor GROUP BY ALL

-- case: columns of one name in a UNION
SELECT id, ms AS id, ts FROM clicks UNION ALL SELECT id, quantity, ts FROM orders;
-- equals
SELECT id, ms AS id_1, ts FROM clicks UNION ALL SELECT id, quantity, ts FROM orders

-- case: tumbling windows joined with hopping ones of their length
SELECT a.window, n, m FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window) a
JOIN (SELECT hop(INTERVAL '30 seconds', INTERVAL '1 minute') AS window, count(*) AS m FROM orders GROUP BY window) b
  ON a.window = b.window;
-- equals
SELECT "window", n, m FROM (SELECT "window", count(*) AS n FROM minutes GROUP BY ALL)
JOIN (SELECT "window", count(*) AS m FROM order_minutes GROUP BY ALL) USING ("window")

-- case: windows of unlike lengths joined by their ends
SELECT a.window, n, m FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window) a
JOIN (SELECT tumble(INTERVAL '2 minutes') AS window, count(*) AS m FROM orders GROUP BY window) b
  ON a.window.end = b.window.end;
-- equals
SELECT a."window", n, m FROM (SELECT "window", count(*) AS n FROM minutes GROUP BY ALL) a
JOIN (SELECT tumbled(ts, 120) AS "window", count(*) AS m FROM orders GROUP BY ALL) b ON a."window"."end" = b."window"."end"

-- case: COLUMNS by a pattern over windows, counted again
SELECT window, max(COLUMNS('^(n|ms)$')) FROM (
  SELECT COLUMNS('n|w|m') FROM (
    SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n, sum(ms) AS ms FROM clicks GROUP BY window, page))
GROUP BY window;
-- equals
SELECT "window", max(n) AS n, max(ms) AS ms
FROM (SELECT "window", page, count(*) AS n, sum(ms) AS ms FROM minutes GROUP BY ALL) GROUP BY "window"

-- case: COLUMNS by a function over windows
SELECT COLUMNS(name -> name <> 'ms')
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n, sum(ms) AS ms FROM clicks GROUP BY window);
-- equals
SELECT "window", count(*) AS n FROM minutes GROUP BY "window"

-- case: subqueries over a row's own list
CREATE VIEW tagged AS SELECT (SELECT max(x) FROM unnest(tags) t(x)) AS last_tag, ms FROM clicks
  WHERE 'a' = ANY (tags) OR EXISTS (FROM unnest(tags) t(x) WHERE x = 'b');
SELECT tumble(INTERVAL '1 minute') AS window, last_tag, sum(ms) AS ms FROM tagged GROUP BY window, last_tag;
-- equals
SELECT "window", list_max(tags) AS last_tag, sum(ms) AS ms FROM minutes
WHERE list_contains(tags, 'a') OR list_contains(tags, 'b') GROUP BY ALL

-- case: IN of windows that are named in the subquery
SELECT window, page FROM (SELECT tumble(INTERVAL '1 minute') AS window, page FROM clicks GROUP BY ALL)
WHERE window IN (SELECT tumble(INTERVAL '1 minute') AS w FROM orders GROUP BY w HAVING count(*) > 2);
-- equals
SELECT DISTINCT "window", page FROM minutes
WHERE "window" IN (SELECT "window" FROM order_minutes GROUP BY "window" HAVING count(*) > 2)

-- case: whole rows
CREATE VIEW counted AS SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page;
INSERT INTO over_windows SELECT c, to_json(c)::TEXT AS text FROM counted c WHERE c.n > 1;
INSERT INTO as_values SELECT tumble(INTERVAL '1 minute') AS window, list(o ORDER BY o.id) AS rows FROM (SELECT id, price FROM orders) o GROUP BY window;
INSERT INTO as_groups SELECT tumble(INTERVAL '1 minute') AS window, o, count(*) AS n FROM (SELECT product, quantity FROM orders) o GROUP BY window, o;
INSERT INTO joined SELECT c, o FROM (SELECT id, visitor FROM clicks) c JOIN (SELECT id, visitor FROM orders) o ON c.visitor = o.visitor;
-- equals over_windows
SELECT c, to_json(c)::TEXT AS text FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL) c WHERE n > 1
-- equals as_values
SELECT "window", list({'id': id, 'price': price} ORDER BY id) AS rows FROM order_minutes GROUP BY ALL
-- equals as_groups
SELECT "window", {'product': product, 'quantity': quantity} AS o, count(*) AS n FROM order_minutes GROUP BY ALL
-- equals joined
SELECT c, o FROM (SELECT id, visitor FROM clicks) c JOIN (SELECT id, visitor FROM orders) o ON c.visitor = o.visitor

-- case: a subquery that calls an element as a table is called
SELECT c.window, (SELECT max(c) FROM unnest(c.pages) t(c)) AS last
FROM (SELECT tumble(INTERVAL '1 minute') AS window, list(page) AS pages FROM clicks GROUP BY window) c;
-- equals
SELECT "window", max(page) AS last FROM minutes GROUP BY "window"
