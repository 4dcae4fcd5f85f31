-- case: a month
SELECT tumble(INTERVAL '1 month') AS window, count(*) FROM clicks GROUP BY window;

-- case: a year and a day
SELECT tumble(INTERVAL '1 year 1 day') AS window, count(*) FROM clicks GROUP BY window;

-- case: no width at all
SELECT tumble(INTERVAL '0 seconds') AS window, count(*) FROM clicks GROUP BY window;

-- case: a width below zero
SELECT tumble(INTERVAL '-1 minute') AS window, count(*) FROM clicks GROUP BY window;

-- case: a width that is NULL
SELECT tumble(NULL::INTERVAL) AS window, count(*) FROM clicks GROUP BY window;

-- case: a width that is no interval
SELECT tumble(60) AS window, count(*) FROM clicks GROUP BY window;

-- case: a width that is no length of time
SELECT tumble('soon') AS window, count(*) FROM clicks GROUP BY window;

-- case: a width that depends on the row
SELECT tumble(to_seconds(ms)) AS window, count(*) FROM clicks GROUP BY window;

-- case: a hop whose width comes first
SELECT hop(INTERVAL '1 hour', INTERVAL '1 minute') AS window, count(*) FROM clicks GROUP BY window;

-- case: a hop that slides by nothing
SELECT hop(INTERVAL '0 seconds', INTERVAL '1 minute') AS window, count(*) FROM clicks GROUP BY window;

-- case: a hop with a million windows for each row
SELECT hop(INTERVAL '1 millisecond', INTERVAL '20 minutes') AS window, count(*) FROM clicks GROUP BY window;

-- case: a session of months
SELECT session(INTERVAL '2 months') AS window, count(*) FROM clicks GROUP BY window;

-- case: a session without a gap
SELECT session(INTERVAL '0 seconds') AS window, count(*) FROM clicks GROUP BY window;

-- case: two windows in one SELECT
SELECT tumble(INTERVAL '1 minute') AS a, tumble(INTERVAL '2 minutes') AS b, count(*) FROM clicks GROUP BY a, b;

-- case: a window that is not in GROUP BY
SELECT tumble(INTERVAL '1 minute') AS window, page FROM clicks;

-- case: a window beside a GROUP BY without it
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) FROM clicks GROUP BY page;

-- case: a window in WHERE
SELECT page, count(*) FROM clicks WHERE tumble(INTERVAL '1 minute') IS NOT NULL GROUP BY page;

-- case: a column that is neither grouped nor aggregated
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) FROM clicks GROUP BY window;

-- case: a column that is not there
SELECT tumble(INTERVAL '1 minute') AS window, sum(msec) AS ms FROM clicks GROUP BY window;

-- case: an aggregate that is not there
SELECT tumble(INTERVAL '1 minute') AS window, medain(ms) AS ms FROM clicks GROUP BY window;

-- case: an aggregate of the wrong type
SELECT tumble(INTERVAL '1 minute') AS window, sum(page) AS ms FROM clicks GROUP BY window;

-- case: a window whose name is a column's
SELECT tumble(INTERVAL '2 minutes') AS window, sum(n) AS n
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window) GROUP BY window;

-- case: a window beside windows
SELECT tumble(INTERVAL '2 minutes') AS two, window
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window);

-- case: a window in WHERE, over windows
SELECT window FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window)
WHERE tumble(INTERVAL '1 minute').start > TIMESTAMP '2026-01-01';

-- case: DISTINCT over windows without the window
SELECT DISTINCT n FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window);

-- case: DISTINCT of groups without the window
SELECT DISTINCT page FROM clicks GROUP BY tumble(INTERVAL '1 minute'), page;

-- case: DISTINCT ON without the window
SELECT DISTINCT ON (page) page, n
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page) ORDER BY n;

-- case: a field that windows haven't
SELECT tumble(INTERVAL '1 minute') AS window, window.begin, count(*) AS n FROM clicks GROUP BY window;

-- case: a field that windows of a subquery haven't
SELECT window.begin FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window);

-- case: a field of the window in what an aggregate takes
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FILTER (ts < window.end) AS n FROM clicks GROUP BY window;

-- case: a window in what an aggregate takes
SELECT tumble(INTERVAL '1 minute') AS window, max(ts - tumble(INTERVAL '1 minute').start) AS n FROM clicks GROUP BY window;

-- case: groups by a field of the window
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window.start;

-- case: a field of the window in WHERE
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks WHERE window.start > ts GROUP BY window;

-- case: a window's name in WHERE
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks WHERE window IS NOT NULL GROUP BY window;

-- case: no argument
SELECT tumble() AS window, count(*) AS n FROM clicks GROUP BY window;

-- case: a hop without a width
SELECT hop(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window;

-- case: QUALIFY beside GROUP BY ALL
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY ALL QUALIFY rank() OVER (PARTITION BY window ORDER BY n) = 1;
