-- case: views, memory tables, AS SELECT and several INSERTs
CREATE TABLE events (id BIGINT, type TEXT, v DOUBLE) WITH (connector = 'http');
CREATE VIEW good AS SELECT * FROM events WHERE v > 0;
CREATE OR REPLACE VIEW good AS (SELECT * FROM events WHERE v >= 0);
CREATE TEMPORARY VIEW best AS WITH g AS (FROM good) SELECT * FROM g WHERE v > 9;
CREATE TABLE between_them (id BIGINT, v DOUBLE);
CREATE TABLE also_between (id BIGINT) WITH (connector = 'memory');
CREATE TABLE made AS SELECT id FROM best;
CREATE TABLE written WITH (connector = 'delta', path = '/w') AS SELECT * FROM made;
CREATE TABLE sink (id BIGINT, v DOUBLE) WITH (connector = 'delta', path = '/s');
INSERT INTO between_them SELECT id, v FROM best;
INSERT INTO also_between SELECT id FROM between_them;
INSERT INTO SINK (v, ID) SELECT v, id FROM between_them;
INSERT INTO sink (SELECT id, 1.5 FROM also_between);
FROM good SELECT id;
SET updating_ttl = interval '2 hours';
SET updating_ttl TO '1 day';

-- case: names that are taken, reserved or impossible
CREATE TABLE a (x INT) WITH (connector = 'http');
CREATE TABLE A (x INT) WITH (connector = 'http');
CREATE VIEW a AS SELECT 1;
CREATE TABLE IF NOT EXISTS a (y INT) WITH (connector = 'http');
CREATE TABLE quarantine (x INT) WITH (connector = 'http');
CREATE TABLE Helios (x INT) WITH (connector = 'http');
CREATE TABLE helios.files (x INT) WITH (connector = 'http');
CREATE TABLE "../up" (x INT) WITH (connector = 'http');
CREATE TABLE "ä" (x INT) WITH (connector = 'http');
CREATE TABLE "" (x INT) WITH (connector = 'http');
CREATE TABLE nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn (x INT);
INSERT INTO a SELECT 1;

-- case: INSERT into what is not there
CREATE TABLE events (id INT) WITH (connector = 'http');
CREATE TABLE purchases (id INT, total DOUBLE) WITH (connector = 'delta', path = '/p');
CREATE VIEW v AS SELECT * FROM events;
INSERT INTO purchase SELECT * FROM events;
INSERT INTO wholly_else SELECT * FROM events;
INSERT INTO v SELECT * FROM events;
INSERT INTO purchases (id, totl, id) SELECT id, 1, 2 FROM events;

-- case: INSERT into a table that AS SELECT makes
CREATE TABLE events (id INT) WITH (connector = 'http');
CREATE TABLE made AS SELECT id FROM events;
INSERT INTO made SELECT id FROM events;

-- case: a table that is read and written
CREATE TABLE events (id INT) WITH (connector = 'http');
CREATE TABLE ends (id INT) WITH (connector = 'single_file', path = '/b');
INSERT INTO ends SELECT id FROM events;
SELECT id FROM ends;

-- case: a source that is written to
CREATE TABLE events (id INT) WITH (connector = 'http', type = 'source');
CREATE TABLE more (id INT) WITH (connector = 'http');
INSERT INTO events SELECT id FROM more;

-- case: a memory table that nobody fills, and views in a circle
CREATE TABLE m (id INT);
CREATE VIEW a AS SELECT * FROM b;
CREATE VIEW b AS SELECT * FROM c;
CREATE VIEW c AS SELECT * FROM a UNION ALL SELECT * FROM m;
SELECT * FROM c;

-- case: what EXPLAIN asks about
CREATE TABLE events (id INT) WITH (connector = 'http');
CREATE TABLE kept WITH (connector = 'delta', path = 'kept');
EXPLAIN INSERT INTO kept SELECT id FROM events;
EXPLAIN WITH a AS (SELECT * FROM events) SELECT * FROM a;
SELECT * FROM events;

-- case: nothing to run
CREATE TABLE events (id INT) WITH (connector = 'http');

-- case: nothing at all

-- case: only a comment
-- hello /* not open
/* a /* nested */ one; */ ;;

-- case: what is not a statement
DELETE FROM a;
UPDATE a SET x = 1;
SELCT 1;
DROP TABLE a;
CREATE FUNCTION f() AS 1;
CREATE MATERIALIZED VIEW x AS SELECT 1;
CREATE TABL x (a INT);
CREATE OR REPLACE TABLE x (a INT);
EXPLAIN CREATE TABLE x;
hello world;
'text';
constructor;
SET memory_limit = '1GB';
SET updating_ttl = 'soon';
INSERT purchases SELECT 1;
INSERT INTO purchases;
CREATE VIEW v (a, b) AS SELECT 1;
CREATE VIEW v;
CREATE TABLE t;
CREATE TEMPORARY TABLE t (a INT) WITH (connector = 'http');

-- case: semicolons that are missing
CREATE TABLE events (id INT) WITH (connector = 'http')
CREATE TABLE sink WITH (connector = 'delta', path = '/s')
INSERT INTO sink SELECT id FROM events
INSERT INTO sink SELECT id + 1 FROM events

-- case: things that are never closed: a string
CREATE TABLE events (id INT) WITH (connector = 'http);
SELECT 1;

-- case: things that are never closed: a name
SELECT "id FROM events;

-- case: things that are never closed: a comment
CREATE TABLE events (id INT) WITH (connector = 'http');
SELECT 1 /* from events;

-- case: things that are never closed: dollars
SELECT $a$ text $b$ FROM events;

-- case: a character that means nothing
CREATE TABLE a (id INT) WITH (connector = 'http'); \
SELECT 1 FROM a;

-- case: many errors at once, all over the script
CREATE TABLE events (id INTEGR, name TEXT) WITH (connector = 'http', formt = 'json');
CREATE TABLE sink WITH (connector = 'dleta', path = '/s');
CREATE VIEW v SELECT 1;
INSERT INTO snk SELECT * FROM events;
SET x = 1;

-- case: line ends of Windows [crlf]
CREATE TABLE events (
  id INT,
  nope NOPE
) WITH (
  connector = 'http',
  formt = 'json'
);
SELECT * FROM events;

-- case: line ends of Windows, nothing wrong [crlf]
CREATE TABLE events (
  id INT -- a comment
) WITH (connector = 'http');
SELECT id -- another
FROM events;

-- case: letters of all kinds keep their places
CREATE TABLE events (naïve TEXT, "日本" TEXT, "😀" INT) WITH (connector = 'http'); CREATE TABLE e2 (x NOPE) WITH (connector = 'http');
/* 日本語 😀 */ CREATE TABLE e3 ("日本" NOPE) WITH (connector = 'http');
SELECT naïve, "日本", '😀😀' FROM evnts;

-- case: tabs keep the caret in its place
	CREATE	TABLE	events	(a	NOPE)	WITH	(connector	=	'http');

-- case: strings of all kinds
CREATE TABLE events (a TEXT) WITH (connector = $$http$$, stream = E'sho\x70'  );
CREATE TABLE events2 (a TEXT) WITH (connector = 'http', stream = $x$it's$x$);
SELECT 'it''s', E'a\'b;', $$;--$$, "a" FROM events;

-- case: macros
CREATE TABLE events (a INT, b TEXT, c INT GENERATED ALWAYS AS (twice(a)) STORED) WITH (connector = 'http');
CREATE MACRO quad(x) AS twice(twice(x));
CREATE MACRO twice(x) AS x * 2;
CREATE OR REPLACE MACRO twice(x) AS 2 * x;
CREATE TEMP FUNCTION half(x DOUBLE, "end" := 2, z VARCHAR[] := ['a', 'b']) AS CASE WHEN x > end THEN x / end END;
CREATE MACRO IF NOT EXISTS half(x) AS x;
CREATE MACRO nine() AS 9;
INSERT INTO made SELECT half(a, "end" := 3), quad(c), nine() FROM events;
CREATE TABLE made WITH (connector = 'delta', path = 'made');

-- case: semicolons that are missing behind macros
CREATE MACRO nine() AS 9
CREATE MACRO ten() AS 10
INSERT INTO made SELECT nine() FROM events

-- case: macros that are not values of a row
CREATE TABLE events (a INT) WITH (connector = 'http');
CREATE MACRO total(x) AS sum(x) + count(*);
CREATE MACRO weighted(x) AS wavg(x, x);
CREATE MACRO each_minute() AS tumble(interval '1 minute');
CREATE MACRO place(x) AS row_number() OVER (ORDER BY x);
CREATE MACRO top(x) AS (SELECT max(a) FROM events WHERE a < x);
CREATE MACRO secret(x) AS getenv(x);
CREATE MACRO rows_of(x) AS TABLE SELECT * FROM events;
CREATE MACRO two(x) AS x, (x, y) AS x + y;
CREATE MACRO broken(x) AS x +;
CREATE MACRO unset(x) AS $1;
CREATE MACRO odd(x := sum(1)) AS x;
SELECT total(a) FROM events;

-- case: macros in circles
CREATE TABLE events (a INT) WITH (connector = 'http');
CREATE MACRO self(x) AS self(x - 1);
CREATE MACRO one(x) AS two(x);
CREATE MACRO two(x) AS three(x);
CREATE MACRO three(x) AS one(x);
CREATE MACRO outside(x) AS one(x);
SELECT outside(a) FROM events;

-- case: names of macros and their parameters
CREATE TABLE events (a INT) WITH (connector = 'http');
CREATE MACRO upper(x) AS x;
CREATE MACRO SUM(x) AS x;
CREATE MACRO coalesce(x) AS x;
CREATE MACRO tumble(x) AS x;
CREATE MACRO __mine(x) AS x;
CREATE MACRO "é"(x) AS x;
CREATE MACRO main.f(x) AS x;
CREATE MACRO f AS 1;
CREATE MACRO g(x, X) AS x;
CREATE MACRO h(x := 1, y) AS x;
CREATE MACRO i(x) AS x;
CREATE MACRO I(x) AS x;
CREATE MACRO j(x INTT) AS x;
CREATE MACRO k(x := ) AS x;
CREATE MACRO l(x;
CREATE MACRO m(x) x;
CREATE MACRO n(x) RETURNS INT LANGUAGE python AS 'x';
CREATE MACRO o(x) AS;
SELECT a FROM events;

-- case: functions in other languages
CREATE TABLE events (a DOUBLE, b DOUBLE, c DOUBLE GENERATED ALWAYS AS (distance(a, b)) STORED) WITH (connector = 'http');
CREATE FUNCTION distance(a DOUBLE, b DOUBLE) RETURNS DOUBLE LANGUAGE typescript FROM 'functions/geo.ts' AS E'// it''s\nexport ...' EXPORT haversine TIMEOUT INTERVAL '250 ms';
CREATE OR REPLACE FUNCTION label(t TEXT, d DATE) CALLED ON NULL INPUT AS $$ export default () => 'x' $$ LANGUAGE JavaScript RETURNS JSON;
CREATE MACRO far(x, y) AS distance(x, y) > 9;
SELECT label('x', DATE '2020-01-01'), far(a, c) FROM events;

-- case: functions that lack something
CREATE TABLE events (a INT) WITH (connector = 'http');
CREATE FUNCTION f(a) RETURNS INT LANGUAGE javascript AS '';
CREATE FUNCTION g(a INT := 1) RETURNS INT LANGUAGE javascript AS '';
CREATE FUNCTION h(a JSON[]) RETURNS INT LANGUAGE javascript AS '';
CREATE FUNCTION i(a INT) LANGUAGE javascript AS '';
CREATE FUNCTION j(a INT) RETURNS STRUCT<a JSON> LANGUAGE javascript AS '';
CREATE FUNCTION k(a INT) RETURNS INT AS '';
CREATE FUNCTION l(a INT) RETURNS INT LANGUAGE python AS '';
CREATE FUNCTION m(a INT) RETURNS INT LANGUAGE javascript;
CREATE FUNCTION n(a INT) RETURNS INT LANGUAGE javascript FROM 'n.js';
CREATE FUNCTION o(a INT) RETURNS INT LANGUAGE javascript AS '' TIMEOUT '1 hour';
CREATE FUNCTION p(a INT) RETURNS INT RETURNS INT LANGUAGE javascript AS '';
CREATE FUNCTION q(a INT) RETURNS INT LANGUAGE javascript AS q;
CREATE FUNCTION r(a INT) RETURNS INT LANGUAGE javascript AS '' STRICT;
CREATE FUNCTION upper(a TEXT) RETURNS TEXT LANGUAGE javascript AS '';
CREATE FUNCTION s(a TEXT) RETURNS TEXT LANGUAGE javascript AS '';
CREATE MACRO S(a) AS a;
SELECT a FROM events;
