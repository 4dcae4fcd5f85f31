-- case: the top two pages of each minute
SELECT window, page, n FROM (
  SELECT *, row_number() OVER (PARTITION BY window ORDER BY n DESC, page) AS place FROM (
    SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page))
WHERE place <= 2;
-- equals
SELECT "window", page, n FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)
QUALIFY row_number() OVER (PARTITION BY "window" ORDER BY n DESC, page) <= 2

-- case: the top two by QUALIFY
SELECT window, page, n FROM (
  SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page)
QUALIFY row_number() OVER (PARTITION BY window ORDER BY n DESC, page) <= 2;
-- equals
SELECT "window", page, n FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)
QUALIFY row_number() OVER (PARTITION BY "window" ORDER BY n DESC, page) <= 2

-- case: QUALIFY beside the GROUP BY
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page
QUALIFY row_number() OVER (PARTITION BY window ORDER BY count(*) DESC, page) <= 2;
-- equals
SELECT "window", page, n FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)
QUALIFY row_number() OVER (PARTITION BY "window" ORDER BY n DESC, page) <= 2

-- case: a rank beside the GROUP BY
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n,
  rank() OVER (PARTITION BY window ORDER BY count(*) DESC) AS place
FROM clicks GROUP BY window, page;
-- equals
SELECT *, rank() OVER (PARTITION BY "window" ORDER BY n DESC) AS place
FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)

-- case: ranks of every kind
SELECT *, rank() OVER w AS r, dense_rank() OVER w AS d, percent_rank() OVER w AS p, cume_dist() OVER w AS c
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page)
WINDOW w AS (PARTITION BY window ORDER BY n DESC);
-- equals
SELECT *, rank() OVER w AS r, dense_rank() OVER w AS d, percent_rank() OVER w AS p, cume_dist() OVER w AS c
FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL) WINDOW w AS (PARTITION BY "window" ORDER BY n DESC)

-- case: ntile
SELECT *, ntile(3) OVER (PARTITION BY window ORDER BY n DESC, page) AS third
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page);
-- equals
SELECT *, ntile(3) OVER (PARTITION BY "window" ORDER BY n DESC, page) AS third
FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)

-- case: lag and lead within a window
SELECT *, lag(page) OVER w AS before, lead(page, 1, 'none') OVER w AS after
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page)
WINDOW w AS (PARTITION BY window ORDER BY page);
-- equals
SELECT *, lag(page) OVER w AS before, lead(page, 1, 'none') OVER w AS after
FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL) WINDOW w AS (PARTITION BY "window" ORDER BY page)

-- case: first, last and second value
SELECT *, first_value(page) OVER w AS first, last_value(page) OVER w AS last, nth_value(page, 2) OVER w AS second
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page)
WINDOW w AS (PARTITION BY window ORDER BY page ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);
-- equals
SELECT *, first_value(page) OVER w AS first, last_value(page) OVER w AS last, nth_value(page, 2) OVER w AS second
FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)
WINDOW w AS (PARTITION BY "window" ORDER BY page ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)

-- case: shares of a window's total
SELECT window, page, n / sum(n) OVER (PARTITION BY window) AS share
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page);
-- equals
SELECT "window", page, n / sum(n) OVER (PARTITION BY "window") AS share
FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)

-- case: a running total in a window
SELECT window, page, sum(n) OVER (PARTITION BY window ORDER BY page ROWS UNBOUNDED PRECEDING) AS running
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page);
-- equals
SELECT "window", page, sum(n) OVER (PARTITION BY "window" ORDER BY page ROWS UNBOUNDED PRECEDING) AS running
FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)

-- case: a window function with a frame
SELECT window, page, avg(n) OVER (PARTITION BY window ORDER BY page ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS smooth
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page);
-- equals
SELECT "window", page, avg(n) OVER (PARTITION BY "window" ORDER BY page ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS smooth
FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)

-- case: a window and a key in PARTITION BY
SELECT *, row_number() OVER (PARTITION BY window, country ORDER BY n DESC, page) AS place
FROM (SELECT tumble(INTERVAL '5 minutes') AS window, country, page, count(*) AS n FROM clicks GROUP BY window, country, page);
-- equals
SELECT *, row_number() OVER (PARTITION BY "window", country ORDER BY n DESC, page) AS place
FROM (SELECT tumbled(ts, 300) AS "window", country, page, count(*) AS n FROM clicks GROUP BY ALL)

-- case: the top pages of a hop
SELECT window, page, n FROM (
  SELECT hop(INTERVAL '30 seconds', INTERVAL '2 minutes') AS window, page, count(*) AS n FROM clicks GROUP BY window, page)
QUALIFY rank() OVER (PARTITION BY window ORDER BY n DESC) = 1;
-- equals
SELECT "window", page, n FROM (SELECT "window", page, count(*) AS n FROM half_minutes GROUP BY ALL)
QUALIFY rank() OVER (PARTITION BY "window" ORDER BY n DESC) = 1

-- case: partitioned by the window's start
SELECT window.start AS minute, page, row_number() OVER (PARTITION BY window.start ORDER BY n DESC, page) AS place
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page);
-- equals
SELECT "window"."start" AS minute, page, row_number() OVER (PARTITION BY "window" ORDER BY n DESC, page) AS place
FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)

-- case: the first three of each window by LIMIT
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page
ORDER BY n DESC, page LIMIT 3;
-- equals
SELECT "window", page, n FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)
QUALIFY row_number() OVER (PARTITION BY "window" ORDER BY n DESC, page) <= 3

-- case: the first of each window by LIMIT over a subquery
SELECT * FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page)
ORDER BY window, n DESC, page LIMIT 1;
-- equals
SELECT "window", page, n FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)
QUALIFY row_number() OVER (PARTITION BY "window" ORDER BY n DESC, page) = 1

-- case: the second of each window by OFFSET
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page
ORDER BY n DESC, page LIMIT 1 OFFSET 1;
-- equals
SELECT "window", page, n FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)
QUALIFY row_number() OVER (PARTITION BY "window" ORDER BY n DESC, page) = 2

-- case: a LIMIT that a later filter sees
SELECT * FROM (
  SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page
  ORDER BY n DESC, page LIMIT 2)
WHERE page <> '/';
-- equals
SELECT "window", page, n FROM (
  SELECT "window", page, n FROM (SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL)
  QUALIFY row_number() OVER (PARTITION BY "window" ORDER BY n DESC, page) <= 2)
WHERE page <> '/'

-- case: ORDER BY without a LIMIT
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page ORDER BY window, n DESC;
-- equals
SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL

-- case: the longest session that ends with others
SELECT visitor, window, n, row_number() OVER (PARTITION BY window, visitor ORDER BY n) AS place
FROM (SELECT session(INTERVAL '30 seconds') AS window, visitor, count(*) AS n FROM clicks GROUP BY window, visitor);
-- equals
SELECT visitor, session AS "window", count(*) AS n, 1::BIGINT AS place FROM visitor_sessions GROUP BY ALL
