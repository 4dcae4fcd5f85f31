-- case: a LIMIT of rows without windows
SELECT id FROM clicks LIMIT 10;

-- case: ORDER BY of rows without windows
SELECT id FROM clicks ORDER BY id;

-- case: a sample
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM clicks TABLESAMPLE 10% GROUP BY window;

-- case: a window function over rows
SELECT id, row_number() OVER (PARTITION BY visitor ORDER BY ts) AS n FROM clicks;

-- case: QUALIFY over rows
SELECT id FROM clicks QUALIFY row_number() OVER (PARTITION BY visitor ORDER BY ts) = 1;

-- case: a window function over windows that is not in them
SELECT window, n, lag(n) OVER (ORDER BY window.start) AS before
FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window);

-- case: an aggregate of windows without the window
SELECT page, max(n) AS most
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page) GROUP BY page;

-- case: an aggregate of all windows
SELECT max(n) AS most
FROM (SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page);

-- case: rollup that leaves the window out
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) FROM clicks GROUP BY ROLLUP (window, page);

-- case: a recursive CTE
WITH RECURSIVE r AS (SELECT id FROM clicks UNION ALL SELECT id + 1 FROM r) SELECT * FROM r;

-- case: a LIMIT of a share
SELECT tumble(INTERVAL '1 minute') AS window, page, count(*) AS n FROM clicks GROUP BY window, page ORDER BY n LIMIT 10%;

-- case: a subquery as a value
SELECT tumble(INTERVAL '1 minute') AS window, count(*) + (SELECT max(id) FROM orders) AS n FROM clicks GROUP BY window;

-- case: PIVOT
FROM clicks PIVOT (sum(ms) FOR page IN ('/', '/pay') GROUP BY visitor);

-- case: VALUES
SELECT tumble(INTERVAL '1 minute') AS window, x, count(*) FROM clicks, (VALUES (1), (2)) q(x) GROUP BY window, x;

-- case: a list that a subquery asks of, in WHERE of groups
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks WHERE 'a' = ANY (tags) GROUP BY window;

-- case: names made of a pattern
SELECT COLUMNS('(n)') AS 'x\1' FROM (SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS n FROM clicks GROUP BY window);

-- case: names of Helios's own
CREATE TABLE druid (__time TIMESTAMP, v INT, WATERMARK FOR __time) WITH (connector = 'http', format = 'json', type = 'source');
CREATE VIEW __node_1 AS SELECT v FROM druid;
SELECT v AS __k0, count(*) AS n FROM __node_1 GROUP BY 1;

-- case: what reads a view and a memory table that are refused says nothing of its own
CREATE VIEW months AS SELECT tumble(INTERVAL '1 month') AS window, count(*) AS n FROM clicks GROUP BY window;
CREATE TABLE first_ids (id BIGINT);
INSERT INTO first_ids SELECT id FROM clicks ORDER BY id;
CREATE TABLE weighed (__weight BIGINT);
INSERT INTO weighed SELECT id FROM clicks;
SELECT months.n, first_ids.id FROM months JOIN first_ids ON n = id WHERE n IN (SELECT __weight FROM weighed);
