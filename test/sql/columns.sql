-- case: every type
CREATE TABLE e (
  a BOOLEAN, b TINYINT, c SMALLINT UNSIGNED, d INT, e BIGINT UNSIGNED, f FLOAT, g REAL, h DOUBLE PRECISION,
  i DECIMAL(12, 3), j NUMERIC(5), k DECIMAL, l CHAR(3), m VARCHAR(20), n TEXT, o STRING, p JSON, q BYTEA,
  r DATE, s TIME, t TIMESTAMP, u TIMESTAMP(0), v TIMESTAMP(9), w DATETIME, x INTERVAL, y INT[], z ARRAY<TEXT>,
  aa STRUCT<a INT, b STRUCT<c TEXT[], d MAP<TEXT, DOUBLE>>>, bb TEXT[][], cc MAP(TEXT, INT UNSIGNED),
  dd STRUCT("a b" INT, c: TIMESTAMPTZ), ee TIMESTAMP(3) WITH TIME ZONE, ff UINTEGER, gg ARRAY<STRUCT<a INT>>
) WITH (connector = 'http');
SELECT * FROM e;

-- case: every option of a column
CREATE TABLE IF NOT EXISTS e (
  id TEXT PRIMARY KEY,
  "type" TEXT NOT NULL,
  ts TIMESTAMP NOT NULL,
  "Größe" DOUBLE,
  day DATE GENERATED ALWAYS AS (CAST(ts AS DATE)) STORED,
  up TEXT GENERATED ALWAYS AS (upper(coalesce("type", ')'))) VIRTUAL,
  small INT GENERATED ALWAYS AS (1),
  WATERMARK FOR ts AS (ts - INTERVAL '5 seconds')
) WITH (connector = 'http');
SELECT id, day FROM e;

-- case: a watermark without an expression, and keys of the table
CREATE TABLE e (a INT, b INT, t TIMESTAMP, PRIMARY KEY (a, B), WATERMARK FOR T) WITH (connector = 'http');
SELECT * FROM e;

-- case: what is wrong with columns
CREATE TABLE e (
  a INTT,
  b DECIMAL(40, 2),
  c DECIMAL(5, 7),
  d TIMESTAMP(4),
  e UUID,
  f INT[3],
  g TEXT DEFAULT 'x',
  h TEXT UNIQUE,
  a2 INT b2 INT,
  i STRUCT<x INT, X TEXT>,
  j INT,
  J TEXT,
  k,
  PRIMARY KEY (nope),
  WATERMARK FOR later
) WITH (connector = 'http');
SELECT * FROM e;

-- case: a watermark must be a timestamp, and there is one
CREATE TABLE e (a INT, t TIMESTAMP, WATERMARK FOR a, WATERMARK FOR t) WITH (connector = 'http');
SELECT * FROM e;

-- case: metadata in both spellings
CREATE TABLE e (
  a INT,
  topic TEXT METADATA FROM 'topic',
  part INT GENERATED ALWAYS AS (metadata('partition')) STORED,
  WATERMARK FOR nope
) WITH (connector = 'http');
SELECT * FROM e;

-- case: generated columns are over their own row alone
CREATE TABLE e (
  a INT,
  b INT GENERATED ALWAYS AS (sum(a)),
  c INT GENERATED ALWAYS AS ((SELECT 1)),
  d INT GENERATED ALWAYS AS (a +),
  g INT GENERATED ALWAYS AS (nextval('s')),
  t TIMESTAMP,
  WATERMARK FOR t AS max(t)
) WITH (connector = 'http');
SELECT * FROM e;

-- case: formats of one column
CREATE TABLE a WITH (connector = 'http', format = 'raw_string');
CREATE TABLE b (value BYTEA) WITH (connector = 'http', format = 'raw_bytes');
CREATE TABLE c WITH (connector = 'http', 'json.unstructured' = true);
CREATE TABLE d (value TEXT NOT NULL) WITH (connector = 'http', json.unstructured = 'true');
SELECT * FROM a;

-- case: formats of one column, declared otherwise
CREATE TABLE a (line TEXT) WITH (connector = 'http', format = 'raw_string');
CREATE TABLE b (value TEXT) WITH (connector = 'http', format = 'raw_bytes');
CREATE TABLE c (value JSON, other INT) WITH (connector = 'http', 'json.unstructured' = true);
CREATE TABLE d WITH (connector = 'http');
SELECT * FROM a;

-- case: a list of columns that never ends
CREATE TABLE e (a INT, b TEXT WITH (connector = 'http');
SELECT * FROM e;

-- case: expressions that are more than one, or none
CREATE TABLE e (a INT, b INT GENERATED ALWAYS AS (a, a), c INT GENERATED ALWAYS AS (), d INT GENERATED AS (a),
  e INT GENERATED ALWAYS AS a, f INT METADATA 'x', g INT METADATA FROM x) WITH (connector = 'http');
SELECT * FROM e;
