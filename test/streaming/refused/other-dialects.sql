-- case: Flink's windows
SELECT window_start, count(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start;

-- case: Flink's former windows
SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE) AS began, count(*) FROM clicks GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE);

-- case: the start of a former window
SELECT HOP_START(tumble(INTERVAL '1' MINUTE)) AS began, count(*) FROM clicks GROUP BY tumble(INTERVAL '1' MINUTE);

-- case: RisingWave's windows
SELECT window_start, count(*) FROM TUMBLE(clicks, ts, INTERVAL '1' MINUTE) GROUP BY window_start;

-- case: RisingWave's EMIT
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FROM clicks GROUP BY window EMIT ON WINDOW CLOSE;

-- case: Spark's windows
SELECT window(ts, '1 minute') AS minute, count(*) FROM clicks GROUP BY minute;

-- case: Spark's sessions
SELECT session_window(ts, '1 minute') AS minute, count(*) FROM clicks GROUP BY minute;

-- case: ksqlDB's windows
SELECT page, count(*) FROM clicks WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY page;

-- case: ksqlDB's EMIT
SELECT page, count(*) FROM clicks GROUP BY page EMIT CHANGES;

-- case: ksqlDB's WITHIN
SELECT c.id FROM clicks c JOIN orders o WITHIN 1 HOUR ON c.visitor = o.visitor;

-- case: Materialize's time
SELECT id FROM clicks WHERE mz_now() < ts;

-- case: Flink's patterns
SELECT * FROM clicks MATCH_RECOGNIZE (PARTITION BY visitor ORDER BY ts MEASURES A.ms AS ms PATTERN (A B) DEFINE A AS A.page = '/');

-- case: Flink's tables as of a time
SELECT o.id, p.kind FROM orders AS o JOIN products FOR SYSTEM_TIME AS OF o.ts AS p ON o.product = p.product;
