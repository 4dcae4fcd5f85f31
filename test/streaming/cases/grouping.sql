-- case: groups that HAVING leaves
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page HAVING count(*) > 2;
-- equals
SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL HAVING n > 2

-- case: HAVING by the alias
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page HAVING n > 2;
-- equals
SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL HAVING n > 2

-- case: HAVING by an aggregate that is not selected
SELECT tumble(INTERVAL '1 minute') AS window, page FROM clicks GROUP BY window, page HAVING sum(ms) > 500 AND bool_or(ok);
-- equals
SELECT "window", page FROM minutes GROUP BY ALL HAVING sum(ms) > 500 AND bool_or(ok)

-- case: HAVING by a key
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page HAVING page <> '/';
-- equals
SELECT "window", page, count(*) AS n FROM minutes WHERE page <> '/' GROUP BY ALL

-- case: only groups, no aggregate
SELECT tumble(INTERVAL '1 minute') AS window, page FROM clicks GROUP BY window, page;
-- equals
SELECT DISTINCT "window", page FROM minutes

-- case: DISTINCT in a window
SELECT DISTINCT window, n FROM (
  SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page);
-- equals
SELECT DISTINCT "window", n FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)

-- case: rollup in a window
SELECT window, country, ok, n FROM (
  SELECT tumble(INTERVAL '1 minute') AS window, country, ok, count(*) AS n
  FROM clicks GROUP BY ROLLUP (country, ok), window);
-- equals
SELECT "window", country, ok, count(*) AS n FROM minutes GROUP BY ROLLUP (country, ok), "window"

-- case: grouping sets in a window, and which of them
SELECT tumble(INTERVAL '1 minute') AS window, country, page, grouping(country) AS g, count(*) AS n
FROM clicks GROUP BY GROUPING SETS ((window, country), (window, page));
-- equals
SELECT "window", country, page, grouping(country) AS g, count(*) AS n
FROM minutes GROUP BY GROUPING SETS (("window", country), ("window", page))

-- case: cube in a window
SELECT tumble(INTERVAL '5 minutes') AS window, country, ok, sum(ms) AS ms FROM clicks GROUP BY window, CUBE (country, ok);
-- equals
SELECT tumbled(ts, 300) AS "window", country, ok, sum(ms) AS ms FROM clicks GROUP BY "window", CUBE (country, ok)

-- case: the same window counted again
SELECT window, count(*) AS pages, sum(n) AS clicks, max(n) AS most
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page) GROUP BY window;
-- equals
SELECT "window", count(*) AS pages, sum(n) AS clicks, max(n) AS most
FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL) GROUP BY ALL

-- case: counted again and again
SELECT window, max(pages) AS pages, sum(clicks) AS clicks FROM (
  SELECT window, visitor, count(*) AS pages, sum(n) AS clicks FROM (
    SELECT tumble(INTERVAL '1 minute') AS window, visitor, page, count(*) AS n FROM clicks GROUP BY window, visitor, page)
  GROUP BY window, visitor)
GROUP BY window;
-- equals
SELECT "window", max(pages) AS pages, sum(clicks) AS clicks FROM (
  SELECT "window", visitor, count(DISTINCT page) AS pages, count(*) AS clicks FROM minutes GROUP BY ALL) GROUP BY ALL

-- case: a hop counted again
SELECT window, avg(n) AS n, count(*) AS pages
FROM (SELECT hop(INTERVAL '30 seconds', INTERVAL '2 minutes') AS window, page, count(*) AS n FROM clicks GROUP BY window, page)
GROUP BY window;
-- equals
SELECT "window", avg(n) AS n, count(*) AS pages FROM (SELECT "window", page, count(*) AS n FROM half_minutes GROUP BY ALL) GROUP BY ALL

-- case: a median of counts
SELECT window, median(n) AS n, list(page ORDER BY n DESC, page) AS pages
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page) GROUP BY window;
-- equals
SELECT "window", median(n) AS n, list(page ORDER BY n DESC, page) AS pages
FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL) GROUP BY ALL

-- case: windows of windows, wider
SELECT tumble(INTERVAL '5 minutes') AS window, sum(n) AS n, max(n) AS most
FROM (SELECT tumble(INTERVAL '1 minute') AS minute, count(*) AS n FROM clicks GROUP BY minute) GROUP BY window;
-- equals
SELECT tumbled("window"."start", 300) AS "window", sum(n) AS n, max(n) AS most
FROM (SELECT "window", count(*) AS n FROM minutes GROUP BY ALL) GROUP BY ALL

-- case: windows of joined rows with themselves never meet another window
SELECT a.window, a.n, b.n AS cheap
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM orders GROUP BY window) a
JOIN (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM orders WHERE price < 10 GROUP BY window) b
  ON a.window = b.window;
-- equals
SELECT "window", count(*) AS n, count(*) FILTER (price < 10) AS cheap FROM order_minutes GROUP BY ALL HAVING cheap > 0

-- case: DISTINCT ON in a window
SELECT DISTINCT ON (window) window, page, n FROM (
  SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page)
ORDER BY window, n DESC, page;
-- equals
SELECT "window", page, n FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)
QUALIFY row_number() OVER (PARTITION BY "window" ORDER BY n DESC, page) = 1

-- case: DISTINCT ON by a place and by an end
CREATE VIEW pages AS SELECT tumble(INTERVAL '1 minute') AS window, page FROM clicks GROUP BY ALL;
INSERT INTO by_place SELECT DISTINCT ON (1) tumble(INTERVAL '1 minute') AS window, page FROM clicks GROUP BY ALL ORDER BY page;
INSERT INTO by_end SELECT DISTINCT ON (window.end) window, page FROM pages ORDER BY page;
-- equals by_place
SELECT "window", min(page) AS page FROM minutes GROUP BY "window"
-- equals by_end
SELECT "window", min(page) AS page FROM minutes GROUP BY "window"

-- case: fields of a window beside it
SELECT tumble(INTERVAL '1 minute') AS window, epoch(window.start) AS began, page, count(*) AS n,
  row_number() OVER (PARTITION BY window.end ORDER BY count(*) DESC, page) AS place
FROM clicks GROUP BY window, page
HAVING window.start >= TIMESTAMP '2026-03-29 00:57:00' QUALIFY place <= 2 ORDER BY "window"."start", n;
-- equals
SELECT "window", epoch("window"."start") AS began, page, n, place FROM (
  SELECT *, row_number() OVER (PARTITION BY "window" ORDER BY n DESC, page) AS place
  FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY "window", page))
WHERE "window"."start" >= TIMESTAMPTZ '2026-03-29 00:57:00Z' AND place <= 2
