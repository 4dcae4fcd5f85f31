-- A case's script goes on with those of these that it names.
CREATE TABLE clicks (
  id BIGINT, ts TIMESTAMP, visitor TEXT, page TEXT, country TEXT, ms INT, amount DECIMAL(10, 2), score DOUBLE,
  ok BOOLEAN, tags TEXT[], props JSON, geo STRUCT<city TEXT, zone INT>,
  WATERMARK FOR ts AS (ts - INTERVAL '10 seconds')
) WITH (connector = 'single_file', path = 'input/clicks.jsonl', format = 'json', type = 'source');

CREATE TABLE orders (
  id BIGINT, ts TIMESTAMP, visitor TEXT, product TEXT, price DECIMAL(10, 2), quantity INT, WATERMARK FOR ts
) WITH (connector = 'single_file', path = 'input/orders.jsonl', format = 'json', type = 'source');

CREATE TABLE payments (
  ts TIMESTAMP, order_id BIGINT, paid DECIMAL(10, 2), method TEXT, WATERMARK FOR ts AS (ts - INTERVAL '5 seconds')
) WITH (connector = 'single_file', path = 'input/payments.jsonl', format = 'json', type = 'source');

CREATE TABLE readings (
  sensor TEXT, ts TIMESTAMP, value DOUBLE, n INT, WATERMARK FOR ts
) WITH (connector = 'filesystem', path = 'input/readings', format = 'json', type = 'source');

CREATE TABLE edges (
  ts TIMESTAMP, name TEXT, v INT, WATERMARK FOR ts AS (ts - INTERVAL '1000000 days')
) WITH (connector = 'single_file', path = 'input/edges.jsonl', format = 'json', type = 'source');

CREATE TABLE products (product TEXT, kind TEXT, cost DECIMAL(10, 2))
  WITH (connector = 'single_file', path = 'input/products.csv', type = 'lookup');
