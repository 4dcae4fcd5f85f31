-- case: what runs on a stream
CREATE TABLE e (id BIGINT, a TEXT, v DOUBLE, l INT[], s STRUCT<x INT>, j JSON, t TIMESTAMP) WITH (connector = 'http');
CREATE VIEW projections AS SELECT id, upper(a) AS u, v * 2, j->>'k' = 'x', s.x, l[1], * EXCLUDE (t) FROM e WHERE v > 1 AND a LIKE 'x%';
CREATE VIEW casts AS SELECT CAST(id AS TEXT), v::BIGINT, TRY_CAST(a AS INT), t::DATE, id::BIGINT UNSIGNED, CAST(l AS ARRAY<BIGINT>), CAST(s AS STRUCT<x BIGINT>) FROM e;
CREATE VIEW unions AS SELECT id FROM e UNION ALL SELECT id FROM projections UNION ALL BY NAME (SELECT id FROM e);
CREATE VIEW unnests AS SELECT id, unnest(l) FROM e;
CREATE VIEW laterals AS SELECT id, u FROM e, unnest(l) q(u);
CREATE VIEW crosses AS SELECT id, u, i FROM e CROSS JOIN unnest(e.l) q(u) LEFT JOIN LATERAL (SELECT u + 1 AS i) ON true, range(3);
CREATE VIEW ctes AS WITH x AS (SELECT * FROM e), y AS (FROM x WHERE id > 1) SELECT q.* FROM (SELECT * FROM y) q;
CREATE VIEW cases AS SELECT CASE WHEN v > 1 THEN 'a' ELSE 'b' END, CASE a WHEN 'x' THEN CASE WHEN v IS NULL THEN 1 END END, coalesce(a, 'z'), id BETWEEN 1 AND 2, a IN ('x', 'y') FROM e;
CREATE VIEW lists AS SELECT list_sum(l), list_max(l), [x + 1 for x in l if x > 0], list_transform(l, lambda x: x + 1), list_aggregate(l, 'sum') FROM e;
CREATE VIEW times AS SELECT now(), random(), uuid(), current_date, date_trunc('hour', t), t + INTERVAL '1 hour' FROM e;
SELECT * FROM projections;

-- case: words that DuckDB keeps to itself
CREATE TABLE e (window STRUCT<start TIMESTAMP, end TIMESTAMP>, "end" INT, offset INT, to TEXT, desc TEXT) WITH (connector = 'http');
SELECT window.start, window.end AS end, e.end, window, end, offset, to, desc AS window, (offset + 1) * offset,
  CASE WHEN end > 1 THEN end END AS c, [window.end, CASE end WHEN 1 THEN 2 END]
FROM e WHERE end = 1 AND offset > 2 OR to IS NULL;

-- case: what needs more than one record
CREATE TABLE e (id BIGINT, a TEXT, v DOUBLE, t TIMESTAMP) WITH (connector = 'http');
CREATE TABLE f (id BIGINT) WITH (connector = 'http');
CREATE VIEW a1 AS SELECT a, count(*), sum(v) FROM e GROUP BY a HAVING count(*) > 1;
CREATE VIEW a2 AS SELECT DISTINCT a FROM e;
CREATE VIEW a3 AS SELECT row_number() OVER (PARTITION BY a ORDER BY t) FROM e;
CREATE VIEW a4 AS SELECT * FROM e JOIN f USING (id);
CREATE VIEW a5 AS SELECT * FROM e, f WHERE e.id = f.id;
CREATE VIEW a6 AS SELECT * FROM e ORDER BY id LIMIT 10;
CREATE VIEW a7 AS SELECT id FROM e UNION SELECT id FROM f;
CREATE VIEW a8 AS SELECT id FROM e EXCEPT SELECT id FROM f;
CREATE VIEW a9 AS SELECT id FROM e WHERE id IN (SELECT id FROM f);
CREATE VIEW b1 AS SELECT id FROM e WHERE EXISTS (SELECT 1 FROM f);
CREATE VIEW b2 AS SELECT (SELECT max(id) FROM f) FROM e;
CREATE VIEW b3 AS SELECT count(*), tumble(interval '1 minute') AS window FROM e GROUP BY window;
CREATE VIEW b4 AS SELECT hop(interval '1 minute', interval '1 hour'), session(interval '1 minute') FROM e GROUP BY ALL;
CREATE VIEW b5 AS WITH RECURSIVE r AS (SELECT id FROM e UNION ALL SELECT id + 1 FROM r) SELECT * FROM r;
CREATE VIEW b6 AS SELECT * FROM e TABLESAMPLE 10%;
CREATE VIEW b7 AS SELECT * FROM e QUALIFY rank() OVER (ORDER BY v) = 1;
CREATE VIEW b8 AS FROM e PIVOT (sum(v) FOR a IN ('x', 'y'));
CREATE VIEW b9 AS SELECT * FROM e, (VALUES (1), (2)) q(x);
CREATE VIEW c1 AS SELECT * FROM (SELECT median(v) FROM e);
CREATE VIEW c2 AS SELECT * FROM e SEMI JOIN f USING (id);
CREATE VIEW c3 AS SELECT lag(v) OVER w, wavg(v, id) FROM e WINDOW w AS (ORDER BY t);
CREATE VIEW c4 AS SELECT array(SELECT id FROM f) FROM e;
CREATE VIEW c5 AS SELECT * FROM e POSITIONAL JOIN f;
CREATE VIEW c6 AS SELECT DISTINCT ON (a) * FROM e;
CREATE VIEW c7 AS SELECT id FROM e AT (VERSION => 1);
SELECT * FROM a1;

-- case: rows from nowhere
CREATE TABLE e (id BIGINT) WITH (connector = 'http');
CREATE VIEW a AS SELECT 1;
CREATE VIEW b AS SELECT id FROM e UNION ALL SELECT 2;
CREATE VIEW c AS VALUES (1), (2);
CREATE VIEW d AS FROM range(10);
CREATE VIEW f AS WITH k AS (SELECT 1 AS one) SELECT one FROM k;
CREATE VIEW g AS SELECT * FROM (SELECT id FROM e UNION ALL SELECT 3);
SELECT * FROM a;

-- case: names of tables that are not there, and files
CREATE TABLE events (id BIGINT) WITH (connector = 'http');
CREATE VIEW good AS SELECT * FROM events;
SELECT * FROM event;
SELECT * FROM godo;
SELECT * FROM '/etc/passwd';
SELECT * FROM 'data.parquet';
SELECT * FROM s3.bucket;
SELECT * FROM main.events;
SELECT * FROM (WITH "/etc/passwd" AS (FROM events) FROM "/etc/passwd") q, '/etc/passwd';
SELECT * FROM read_csv('/etc/passwd');
SELECT * FROM glob('*');
SELECT * FROM query('select 1');
SELECT * FROM duckdb_settings();
SELECT * FROM information_schema.tables;
SELECT * FROM duckdb_tables;
SELECT * FROM (DESCRIBE events);

-- case: statements that DuckDB runs as SELECTs
SHOW TABLES;
DESCRIBE events;

-- case: functions that reach out
CREATE TABLE events (id BIGINT) WITH (connector = 'http');
CREATE VIEW a AS SELECT nextval('s'), setseed(0.5), current_setting('threads'), getvariable('x'), sleep_ms(100) FROM events;
CREATE VIEW b AS SELECT $1, $1 FROM events WHERE id > ?;
CREATE VIEW c AS SELECT write_log('x') FROM events;
SELECT * FROM a;

-- case: what DuckDB's grammar refuses, with its place
CREATE TABLE events (id BIGINT) WITH (connector = 'http');
SELECT id, FROM events WHERE;
SELECT '日本😀', id id2 id3 FROM events;
SELECT window.end, end, idd ( FROM events;
SELECT id::BIGINT UNSIGNED AS x, FRM events GROUP;
WITH x AS (DELETE FROM events) SELECT 1;
FROM events INSERT;
SELECT * FROM events; SELECT (((1);

-- case: places after words that were rewritten
CREATE TABLE e (window STRUCT<end INT>, id INT) WITH (connector = 'http');
SELECT window.end, '日本😀', id::INT UNSIGNED, window.end,
  sum(id) FROM e;

-- case: a SELECT in parentheses, and comments inside
CREATE TABLE e (id INT) WITH (connector = 'http');
CREATE TABLE s WITH (connector = 'blackhole');
INSERT INTO s (SELECT id -- it's one; really
  FROM e /* all; of them */ WHERE id > 0);
(SELECT id FROM e) UNION ALL (SELECT id FROM e) -- the end

-- case: errors of the DDL and of the SELECTs at once
CREATE TABLE events (id INTT, v DOUBLE) WITH (connector = 'http');
CREATE TABLE broken id INT WITH (connector = 'http');
CREATE VIEW sums AS SELECT sum(v) FROM events;
INSERT INTO nowhere SELECT * FROM evnts;
SELECT * FROM broken, ;
SELECT id id2 id3 FROM events;

-- case: a name that only DuckDB reserves, as a table
CREATE TABLE both (id INT) WITH (connector = 'http');
CREATE TABLE "window" (id INT) WITH (connector = 'http');
SELECT id FROM both;
SELECT id FROM "both" UNION ALL SELECT id FROM window;

-- case: as many errors as there are reasons
CREATE TABLE e (id INT, a TEXT) WITH (connector = 'http');
SELECT a, count(*), sum(id), (SELECT 1) FROM e JOIN e AS f USING (id) GROUP BY a HAVING sum(id) > 1 ORDER BY a LIMIT 1;
