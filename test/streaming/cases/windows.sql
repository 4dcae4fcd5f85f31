-- case: a count for each minute
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT "window", count(*) AS clicks FROM minutes GROUP BY ALL

-- case: grouped by ordinal
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS clicks FROM clicks GROUP BY 1;
-- equals
SELECT "window", count(*) AS clicks FROM minutes GROUP BY ALL

-- case: grouped by the expression
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS clicks FROM clicks GROUP BY tumble(INTERVAL '1 minute');
-- equals
SELECT "window", count(*) AS clicks FROM minutes GROUP BY ALL

-- case: grouped by all
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS clicks FROM clicks GROUP BY ALL;
-- equals
SELECT "window", page, count(*) AS clicks FROM minutes GROUP BY ALL

-- case: a window that is only in GROUP BY
SELECT page, count(*) AS clicks FROM clicks GROUP BY tumble(INTERVAL '1 minute'), page;
-- equals
SELECT page, count(*) AS clicks FROM minutes GROUP BY "window", page

-- case: the window under another name
SELECT tumble(INTERVAL '1 minute') AS minute, page, sum(ms) AS ms FROM clicks GROUP BY minute, page;
-- equals
SELECT "window" AS minute, page, sum(ms) AS ms FROM minutes GROUP BY ALL

-- case: the window without a name of its own in a subquery
SELECT w.start AS begins, w.end AS ends, clicks
FROM (SELECT tumble(INTERVAL '1 minute') AS w, count(*) AS clicks FROM clicks GROUP BY w);
-- equals
SELECT "window"."start" AS begins, "window"."end" AS ends, count(*) AS clicks FROM minutes GROUP BY ALL

-- case: start and end beside an aggregate
SELECT tumble(INTERVAL '1 minute').start AS begins, tumble(INTERVAL '1 minute').end AS ends, count(*) AS clicks
FROM clicks GROUP BY tumble(INTERVAL '1 minute');
-- equals
SELECT "window"."start" AS begins, "window"."end" AS ends, count(*) AS clicks FROM minutes GROUP BY ALL

-- case: expressions of a window's bounds
SELECT date_part('minute', window.start) AS minute, epoch(window.end) - epoch(window.start) AS seconds, clicks
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS clicks FROM clicks GROUP BY window);
-- equals
SELECT date_part('minute', "window"."start") AS minute, 60.0::DOUBLE AS seconds, count(*) AS clicks
FROM minutes GROUP BY "window"

-- case: keys and windows
SELECT tumble(INTERVAL '2 minutes') AS window, page, country, count(*) AS clicks, min(ms) AS fastest
FROM clicks GROUP BY window, page, country;
-- equals
SELECT tumbled(ts, 120) AS "window", page, country, count(*) AS clicks, min(ms) AS fastest FROM clicks GROUP BY ALL

-- case: a key that is an expression
SELECT tumble(INTERVAL '1 minute') AS window, upper(country) AS place, count(*) AS clicks
FROM clicks GROUP BY window, upper(country);
-- equals
SELECT "window", upper(country) AS place, count(*) AS clicks FROM minutes GROUP BY ALL

-- case: a key that is NULL in some rows
SELECT tumble(INTERVAL '5 minutes') AS window, visitor, count(*) AS clicks FROM clicks GROUP BY window, visitor;
-- equals
SELECT tumbled(ts, 300) AS "window", visitor, count(*) AS clicks FROM clicks GROUP BY ALL

-- case: keys that are structs, lists and booleans
SELECT tumble(INTERVAL '5 minutes') AS window, geo, tags, ok, count(*) AS clicks FROM clicks GROUP BY window, geo, tags, ok;
-- equals
SELECT tumbled(ts, 300) AS "window", geo, tags, ok, count(*) AS clicks FROM clicks GROUP BY ALL

-- case: a field of a struct as the key
SELECT tumble(INTERVAL '5 minutes') AS window, geo.city, count(*) AS clicks FROM clicks GROUP BY window, geo.city;
-- equals
SELECT tumbled(ts, 300) AS "window", geo.city, count(*) AS clicks FROM clicks GROUP BY ALL

-- case: rows that a filter leaves
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS clicks FROM clicks WHERE ms > 100 AND page LIKE '/shop%' GROUP BY window;
-- equals
SELECT "window", count(*) AS clicks FROM minutes WHERE ms > 100 AND page LIKE '/shop%' GROUP BY ALL

-- case: a filter that leaves nothing
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS clicks FROM clicks WHERE ms > 1000000 GROUP BY window;
-- equals
SELECT "window", count(*) AS clicks FROM minutes WHERE false GROUP BY ALL

-- case: windows of a second
SELECT tumble(INTERVAL '1 second') AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT tumbled(ts, 1) AS "window", count(*) AS clicks FROM clicks GROUP BY ALL

-- case: windows of a fraction of a second
SELECT tumble(INTERVAL '250 milliseconds') AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT struct_pack("start" := b, "end" := b + INTERVAL '250 milliseconds') AS "window", count(*) AS clicks
FROM (SELECT make_timestamptz(epoch_us(ts) - epoch_us(ts) % 250000) AS b FROM clicks) GROUP BY ALL

-- case: windows of a day
SELECT tumble(INTERVAL '1 day') AS window, count(*) AS clicks, count(DISTINCT visitor) AS visitors FROM clicks GROUP BY window;
-- equals
SELECT tumbled(ts, 86400) AS "window", count(*) AS clicks, count(DISTINCT visitor) AS visitors FROM clicks GROUP BY ALL

-- case: windows of a week begin at multiples since 1970
SELECT tumble(INTERVAL '7 days') AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT struct_pack("start" := TIMESTAMPTZ '2026-03-26 00:00:00+00', "end" := TIMESTAMPTZ '2026-04-02 00:00:00+00') AS "window",
  count(*) AS clicks FROM clicks

-- case: widths of an hour and some, which no hour begins with
SELECT tumble(INTERVAL '7 minutes 30 seconds') AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT tumbled(ts, 450) AS "window", count(*) AS clicks FROM clicks GROUP BY ALL

-- case: other spellings of a width
SELECT tumble(INTERVAL 90 SECONDS) AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT tumbled(ts, 90) AS "window", count(*) AS clicks FROM clicks GROUP BY ALL

-- case: a width cast from text
SELECT tumble('90 seconds'::INTERVAL) AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT tumbled(ts, 90) AS "window", count(*) AS clicks FROM clicks GROUP BY ALL

-- case: names in capitals
SELECT TUMBLE(INTERVAL '1 MINUTE') AS WINDOW, COUNT(*) AS clicks FROM CLICKS GROUP BY WINDOW;
-- equals
SELECT "window" AS "WINDOW", count(*) AS clicks FROM minutes GROUP BY ALL

-- case: a hop that slides half a minute
SELECT hop(INTERVAL '30 seconds', INTERVAL '2 minutes') AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT "window", count(*) AS clicks FROM half_minutes GROUP BY ALL

-- case: a hop by key
SELECT hop(INTERVAL '30 seconds', INTERVAL '2 minutes') AS window, page, count(*) AS clicks, sum(amount) AS amount,
  avg(ms) AS ms, min(ts) AS first, max(score) AS score
FROM clicks GROUP BY window, page;
-- equals
SELECT "window", page, count(*) AS clicks, sum(amount) AS amount, avg(ms) AS ms, min(ts) AS first, max(score) AS score
FROM half_minutes GROUP BY ALL

-- case: a hop whose aggregate needs the rows
SELECT hop(INTERVAL '30 seconds', INTERVAL '2 minutes') AS window, median(ms) AS ms, list(id ORDER BY id) AS ids
FROM clicks GROUP BY window;
-- equals
SELECT "window", median(ms) AS ms, list(id ORDER BY id) AS ids FROM half_minutes GROUP BY ALL

-- case: a hop as wide as it slides is a tumble
SELECT hop(INTERVAL '1 minute', INTERVAL '1 minute') AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT "window", count(*) AS clicks FROM minutes GROUP BY ALL

-- case: a hop with many windows for each row
SELECT hop(INTERVAL '1 second', INTERVAL '1 minute') AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT "window", count(*) AS clicks FROM (SELECT unnest(hopped(ts, 1, 60)) AS "window" FROM clicks) GROUP BY ALL

-- case: a hop after a filter on a key
SELECT hop(INTERVAL '1 minute', INTERVAL '3 minutes') AS window, country, count(DISTINCT visitor) AS visitors
FROM clicks WHERE country IS NOT NULL GROUP BY window, country;
-- equals
SELECT "window", country, count(DISTINCT visitor) AS visitors
FROM (SELECT *, unnest(hopped(ts, 60, 180)) AS "window" FROM clicks) WHERE country IS NOT NULL GROUP BY ALL

-- case: several partitions
SELECT tumble(INTERVAL '1 minute') AS window, sensor, count(*) AS readings, avg(value) AS value
FROM readings GROUP BY window, sensor;
-- equals
SELECT tumbled(ts, 60) AS "window", sensor, count(*) AS readings, avg(value) AS value FROM readings GROUP BY ALL

-- case: several partitions in one window
SELECT tumble(INTERVAL '1 minute') AS window, count(DISTINCT sensor) AS sensors, sum(n) AS n FROM readings GROUP BY window;
-- equals
SELECT tumbled(ts, 60) AS "window", count(DISTINCT sensor) AS sensors, sum(n) AS n FROM readings GROUP BY ALL

-- case: times before 1970, in 9999 and far apart
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS events, sum(v) AS v FROM edges WHERE ts IS NOT NULL GROUP BY window;
-- equals
SELECT tumbled(ts, 60) AS "window", count(*) AS events, sum(v) AS v FROM edges WHERE ts IS NOT NULL GROUP BY ALL

-- case: hops around 1970
SELECT hop(INTERVAL '1 minute', INTERVAL '2 minutes') AS window, list(v ORDER BY v) AS v FROM edges
WHERE ts BETWEEN TIMESTAMP '1969-01-01 00:00:00' AND TIMESTAMP '1971-01-01 00:00:00' GROUP BY window;
-- equals
SELECT "window", list(v ORDER BY v) AS v
FROM (SELECT unnest(hopped(ts, 60, 120)) AS "window", v FROM edges WHERE year(ts) IN (1969, 1970)) GROUP BY ALL

-- case: a window for each two columns of one name
SELECT tumble(INTERVAL '1 minute') AS window, "ts", count(*) AS n FROM clicks GROUP BY window, "ts";
-- equals
SELECT "window", ts, count(*) AS n FROM minutes GROUP BY ALL

-- case: doubles stay doubles
SELECT tumble(INTERVAL '1 minute') AS window, id, count(*) AS n FROM clicks GROUP BY window, id HAVING count(*) > 1;
-- equals
SELECT "window", id, count(*) AS n FROM minutes GROUP BY ALL HAVING n > 1

-- case: several windows of one source
INSERT INTO minutely SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window;
INSERT INTO sliding SELECT hop(INTERVAL '30 seconds', INTERVAL '2 minutes') AS window, count(*) AS n FROM clicks GROUP BY window;
INSERT INTO sessions SELECT session(INTERVAL '30 seconds') AS window, count(*) AS n FROM clicks GROUP BY window;
INSERT INTO raw SELECT id, page FROM clicks;
-- equals minutely
SELECT "window", count(*) AS n FROM minutes GROUP BY ALL
-- equals sliding
SELECT "window", count(*) AS n FROM half_minutes GROUP BY ALL
-- equals sessions
SELECT session AS "window", count(*) AS n FROM all_sessions GROUP BY ALL
-- equals raw
SELECT id, page FROM clicks

-- case: one window into several sinks
CREATE VIEW per_page AS
  SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page;
INSERT INTO busy SELECT * FROM per_page WHERE n > 2;
INSERT INTO quiet SELECT * FROM per_page WHERE n <= 2;
INSERT INTO total SELECT window, sum(n) AS n FROM per_page GROUP BY window;
-- equals busy
SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL HAVING n > 2
-- equals quiet
SELECT "window", page, count(*) AS n FROM minutes GROUP BY ALL HAVING n <= 2
-- equals total
SELECT "window", count(*) AS n FROM minutes GROUP BY ALL

-- case: two INSERTs into one sink
INSERT INTO result SELECT tumble(INTERVAL '1 minute') AS window, 'clicks' AS what, count(*) AS n FROM clicks GROUP BY window;
INSERT INTO result SELECT tumble(INTERVAL '1 minute') AS window, 'orders' AS what, count(*) AS n FROM orders GROUP BY window;
-- equals result
SELECT "window", 'clicks' AS what, count(*) AS n FROM minutes GROUP BY ALL
UNION ALL SELECT "window", 'orders', count(*) FROM order_minutes GROUP BY ALL

-- case: slide and width by their names
SELECT hop(slide => INTERVAL '30 seconds', width => INTERVAL '2 minutes') AS window, count(*) AS clicks FROM clicks GROUP BY window;
-- equals
SELECT "window", count(*) AS clicks FROM half_minutes GROUP BY ALL

-- case: a hop whose width is no multiple of its slide
SELECT hop(INTERVAL '40 seconds', INTERVAL '1 minute') AS window, page, count(*) AS clicks, max(ms) AS ms FROM clicks GROUP BY window, page;
-- equals
SELECT "window", page, count(*) AS clicks, max(ms) AS ms FROM (SELECT *, unnest(hopped(ts, 40, 60)) AS "window" FROM clicks) GROUP BY ALL

-- case: rows of a hop whose width is no multiple of its slide
SELECT hop(INTERVAL '7 seconds', INTERVAL '25 seconds') AS window, visitor, list(ms ORDER BY id) AS ms FROM clicks GROUP BY window, visitor;
-- equals
SELECT "window", visitor, list(ms ORDER BY id) AS ms FROM (SELECT *, unnest(hopped(ts, 7, 25)) AS "window" FROM clicks) GROUP BY ALL
