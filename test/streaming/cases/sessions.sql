-- case: sessions of each visitor
SELECT session(INTERVAL '30 seconds') AS window, visitor, count(*) AS clicks FROM clicks GROUP BY window, visitor;
-- equals
SELECT session AS "window", visitor, count(*) AS clicks FROM visitor_sessions GROUP BY ALL

-- case: sessions of everybody
SELECT session(INTERVAL '30 seconds') AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT session AS "window", count(*) AS clicks FROM all_sessions GROUP BY ALL

-- case: sessions of two keys
SELECT session(INTERVAL '30 seconds') AS window, visitor, page, count(*) AS clicks, sum(ms) AS ms
FROM clicks GROUP BY window, visitor, page;
-- equals
SELECT session AS "window", visitor, page, count(*) AS clicks, sum(ms) AS ms FROM page_sessions GROUP BY ALL

-- case: the session's aggregates that merge
SELECT session(INTERVAL '30 seconds') AS window, visitor, count(*) AS n, sum(amount) AS amount, min(score) AS least,
  max(ts) AS latest, avg(ms) AS ms, bool_and(ok) AS good
FROM clicks GROUP BY window, visitor;
-- equals
SELECT session AS "window", visitor, count(*) AS n, sum(amount) AS amount, min(score) AS least, max(ts) AS latest,
  avg(ms) AS ms, bool_and(ok) AS good
FROM visitor_sessions GROUP BY ALL

-- case: sessions with the pages in order
SELECT visitor, window.start AS began, epoch(window.end) - epoch(window.start) - 30 AS length, pages
FROM (SELECT session(INTERVAL '30 seconds') AS window, visitor, list(page ORDER BY ts, id) AS pages
  FROM clicks WHERE visitor IS NOT NULL GROUP BY window, visitor);
-- equals
SELECT visitor, session."start" AS began, epoch(max(ts)) - epoch(min(ts)) AS length, list(page ORDER BY ts, id) AS pages
FROM visitor_sessions WHERE visitor IS NOT NULL GROUP BY visitor, session

-- case: sessions that buy
SELECT session(INTERVAL '30 seconds') AS window, visitor, count(*) AS clicks FROM clicks
GROUP BY window, visitor HAVING bool_or(page = '/pay');
-- equals
SELECT session AS "window", visitor, count(*) AS clicks FROM visitor_sessions GROUP BY ALL HAVING bool_or(page = '/pay')

-- case: how long sessions are, over all of them that end together
SELECT visitor, epoch(window.end) - epoch(window.start) AS seconds
FROM (SELECT session(INTERVAL '30 seconds') AS window, visitor, count(*) AS n FROM clicks GROUP BY window, visitor)
WHERE n > 1;
-- equals
SELECT visitor, epoch(session."end") - epoch(session."start") AS seconds
FROM visitor_sessions GROUP BY visitor, session HAVING count(*) > 1

-- case: a session with a distinct count and a median
SELECT session(INTERVAL '30 seconds') AS window, visitor, count(DISTINCT page) AS pages, median(ms) AS ms
FROM clicks GROUP BY window, visitor;
-- equals
SELECT session AS "window", visitor, count(DISTINCT page) AS pages, median(ms) AS ms FROM visitor_sessions GROUP BY ALL

-- case: a gap longer than everything
SELECT session(INTERVAL '1 day') AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT struct_pack("start" := min(ts), "end" := max(ts) + INTERVAL '24 hours') AS "window", count(*) AS clicks FROM clicks

-- case: sessions of several partitions
SELECT session(INTERVAL '5 seconds') AS window, count(*) AS n, count(DISTINCT sensor) AS sensors FROM readings GROUP BY window;
-- equals
SELECT struct_pack("start" := min(ts), "end" := max(ts) + INTERVAL '5 seconds') AS "window", count(*) AS n,
  count(DISTINCT sensor) AS sensors
FROM (SELECT *, count(*) FILTER (gap >= INTERVAL '5 seconds') OVER (ORDER BY ts) AS number
  FROM (SELECT *, ts - lag(ts) OVER (ORDER BY ts) AS gap FROM readings)) GROUP BY number

-- case: sessions after a filter
SELECT session(INTERVAL '1 minute') AS window, visitor, count(*) AS n FROM clicks WHERE page = '/cart' GROUP BY window, visitor;
-- equals
SELECT struct_pack("start" := min(ts), "end" := max(ts) + INTERVAL '1 minute') AS "window", visitor, count(*) AS n
FROM (SELECT *, count(*) FILTER (gap >= INTERVAL '1 minute') OVER (PARTITION BY visitor ORDER BY ts) AS number
  FROM (SELECT *, ts - lag(ts) OVER (PARTITION BY visitor ORDER BY ts) AS gap FROM clicks WHERE page = '/cart'))
GROUP BY visitor, number

-- case: sessions before 1970
SELECT session(INTERVAL '2 minutes') AS window, list(v ORDER BY ts) AS v FROM edges
WHERE ts BETWEEN TIMESTAMP '1969-01-01 00:00:00' AND TIMESTAMP '1971-01-01 00:00:00' GROUP BY window;
-- equals
SELECT struct_pack("start" := min(ts), "end" := max(ts) + INTERVAL '2 minutes') AS "window", list(v ORDER BY ts) AS v
FROM edges WHERE year(ts) IN (1969, 1970)

-- case: a row that lies the gap behind another begins a session of its own
SELECT session(INTERVAL '30 seconds') AS window, list(v ORDER BY v) AS v FROM edges
WHERE ts BETWEEN TIMESTAMP '1969-12-31 23:59:59.999999' AND TIMESTAMP '1970-01-01 00:00:30' GROUP BY window;
-- equals
SELECT {'start': TIMESTAMPTZ '1969-12-31 23:59:59.999999+00', 'end': TIMESTAMPTZ '1970-01-01 00:00:30+00'} AS "window", [2, 3] AS v
UNION ALL SELECT {'start': TIMESTAMPTZ '1970-01-01 00:00:30+00', 'end': TIMESTAMPTZ '1970-01-01 00:01:00+00'}, [NULL]
