-- case: old and new spellings mean the same
CREATE TABLE s (a INT, b TEXT) WITH (connector = 'http');
CREATE TABLE old_names WITH (
  connector = 'delta', path = '/a', rollover_seconds = 30, target_file_size = 1000000,
  inactivity_rollover_seconds = '60', time_partition_pattern = '%Y', partition_fields = 'a,b',
  parquet_compression = 'snappy', parquet_row_group_size = 1000000, target_part_size = '5MB', max_parts = 10
);
CREATE TABLE new_names WITH (
  connector = 'delta', path = '/b', rolling_policy.interval = interval '30 seconds',
  rolling_policy.file_size = '1000000', 'rolling_policy.inactivity_interval' = '1 minute',
  partitioning.time_pattern = '%Y', partitioning.fields = [a, b], parquet.compression = 'snappy',
  parquet.row_group_size = 1000000, multipart.target_part_size = '5MB', multipart.max_parts = 10, type = 'sink'
);
INSERT INTO old_names SELECT * FROM s;
INSERT INTO new_names SELECT * FROM s;

-- case: without a policy a table rolls by size and time
CREATE TABLE s (a INT) WITH (connector = 'http');
CREATE TABLE t WITH (connector = 'delta', path = 't');
INSERT INTO t SELECT * FROM s;

-- case: both spellings at once
CREATE TABLE s (a INT) WITH (connector = 'http');
CREATE TABLE t WITH (connector = 'delta', path = 't', rollover_seconds = 5, 'rolling_policy.interval' = interval '5 s',
  partition_fields = 'a') PARTITIONED BY (a);
INSERT INTO t SELECT * FROM s;

-- case: PARTITIONED BY
CREATE TABLE s (a INT, b TEXT) WITH (connector = 'http');
CREATE TABLE t (a INT, b TEXT) WITH (connector = 'delta', path = 't') PARTITIONED BY (b);
INSERT INTO t SELECT * FROM s;

-- case: partitions that can't be
CREATE TABLE s (a INT, b TEXT) WITH (connector = 'http') PARTITIONED BY (a);
CREATE TABLE t (abc INT) WITH (connector = 'delta', path = 't', partition_fields = 'abd') PARTITIONED BY (bucket(abc, 4));
INSERT INTO t SELECT a FROM s;

-- case: names that nobody knows
CREATE TABLE s (a INT) WITH (conector = 'http', format = 'json');
CREATE TABLE s2 (a INT) WITH (connector = 'http', fromat = 'json', 'source.ofset' = 'latest', streem = 'x', qwertz = 1);
CREATE TABLE t WITH (connector = 'delta', path = 't', rollover_second = 5, 'filename.stratgy' = 'uuid');
INSERT INTO t SELECT * FROM s2;

-- case: values of the wrong kind
CREATE TABLE s (a INT) WITH (
  connector = 'http', 'json.unstructured' = 'yes', 'source.offset' = 'earlyest', bad_data = 'ignore',
  framing = 'newlines', 'framing.newline.max_length' = 0, 'json.timestamp_format' = 'unix_milis', type = 'sorce'
);
CREATE TABLE s2 (a INT) WITH (
  connector = 'http', 'json.unstructured' = 'yes', 'source.offset' = 'earlyest', bad_data = 'ignore',
  framing = 'newlines', 'framing.newline.max_length' = 0, 'json.timestamp_format' = 'unix_milis', stream = '../up'
);
CREATE TABLE t WITH (
  connector = 'delta', path = [a, b], rollover_seconds = 'soon', target_file_size = '12 parsecs',
  'filename.strategy' = 'uid', 'filename.prefix' = '../x', parquet_compression = 'brotli',
  'rolling_policy.watermark_expiration' = 3, 'rolling_policy.inactivity_interval' = interval '1 month',
  time_partition_pattern = '%Y/../%Q', max_parts = 2.5
);
INSERT INTO t SELECT * FROM s2;

-- case: durations and sizes of zero
CREATE TABLE s (a INT) WITH (connector = 'http');
CREATE TABLE t WITH (connector = 'delta', path = 't', rollover_seconds = 0, target_file_size = 0,
  inactivity_rollover_seconds = -1);
INSERT INTO t SELECT * FROM s;

-- case: an option twice, and a list that is broken in several places
CREATE TABLE s (a INT) WITH (
  connector = 'http',
  stream = ,
  'stream' 'x',
  format = 'json' bad_data = 'drop',
  FORMAT = 'json',
  format = 'raw_string',
);
SELECT * FROM s;

-- case: all that a source takes
CREATE TABLE a (a INT) WITH (connector = 'http', stream = 'shop-events.v1', 'source.offset' = 'latest',
  bad_data = 'drop', framing = 'newline', 'framing.newline.max_length' = 65536,
  'json.timestamp_format' = 'unix_millis', idle_micros = 100);
CREATE TABLE b (a INT) WITH (connector = 'single_file', path = './b.json.gz', type = 'source',
  compression_format = 'gzip', wait_for_control = false, bad_data = 'fail');
CREATE TABLE c (a INT) WITH (connector = 'filesystem', path = '/data/c', type = 'source', format = 'parquet',
  'source.regex-pattern' = '.*\.parquet$');
CREATE TABLE d (a INT) WITH (connector = 'filesystem', path = 'file:///data/d', 'source.regex_pattern' = 'x',
  'source.compression' = 'zstd', 'json.timestamp_format' = UnixMillis);
SELECT * FROM a;

-- case: a pattern that is no regular expression, and no path
CREATE TABLE c (a INT) WITH (connector = 'filesystem', 'source.regex_pattern' = '(');
SELECT * FROM c;

-- case: all that sinks take
CREATE TABLE s (a INT) WITH (connector = 'http');
CREATE TABLE f (a BIGINT NOT NULL) WITH (connector = 'single_file', path = './out.json', format = 'json', type = 'sink',
  'json.timestamp_format' = 'unix_millis');
CREATE TABLE r WITH (connector = 'single_file', path = './out.txt', format = 'raw_string', type = 'sink');
CREATE TABLE o WITH (connector = 'stdout');
CREATE TABLE p WITH (connector = 'preview');
CREATE TABLE n WITH (connector = 'blackhole');
INSERT INTO f SELECT a FROM s;
INSERT INTO n SELECT a FROM s;

-- case: places that are not there yet
CREATE TABLE s (a INT) WITH (connector = 'http');
CREATE TABLE a WITH (connector = 'delta', path = 's3://bucket/x', 'storage.aws_region' = 'eu-west-1');
CREATE TABLE b WITH (connector = 'delta', path = 'gs://bucket/x');
CREATE TABLE c WITH (connector = 'delta', path = 'abfss://c@a.dfs.core.windows.net/x');
CREATE TABLE d WITH (connector = 'delta', path = 's3::http://localhost:9000/b/k');
CREATE TABLE e WITH (connector = 'delta', path = 'file://host/x');
CREATE TABLE f WITH (connector = 'delta', path = '');
CREATE TABLE g WITH (connector = 'delta', path = 'https://s3.us-east-1.amazonaws.com/b/k');
INSERT INTO a SELECT * FROM s;

-- case: connectors that are not there
CREATE TABLE a (a INT) WITH (connector = 'mqtt', url = 'tcp://x', topic = 't', type = 'source');
CREATE TABLE b (a INT) WITH (connector = 'Kinesis', stream_name = 's', type = 'sink');
CREATE TABLE c (a INT) WITH (connector = 'iceberg', type = 'sink');
CREATE TABLE d (a INT) WITH (connector = 'redis', address = 'x', type = 'sink');
CREATE TABLE e (a INT) WITH (connector = 'htp');
CREATE TABLE f (a INT) WITH (connector = 'delta', path = '/x', type = 'source');
CREATE TABLE g (a INT) WITH (connector = 'http', type = 'sink');
CREATE TABLE h (a INT) WITH (connector = 'impulse', event_rate = 10);
CREATE TABLE i (a INT) WITH (connector = 'constructor');
CREATE TABLE j (a INT) WITH (connector = 'redis', type = 'lookup');
CREATE TABLE k (a INT) WITH (connector = 'webhook', type = 'source', endpoint = 'https://x');

-- case: webhooks
CREATE TABLE source (errors BIGINT, at STRUCT<start TEXT>) WITH (connector = 'http');
CREATE TABLE plain WITH (connector = 'webhook', type = 'sink', endpoint = 'https://example.com/hook');
CREATE TABLE all_options WITH (
  connector = 'webhook', type = 'sink', format = 'json', endpoint = 'env:HOOK', method = 'put',
  headers = 'Authorization: Bearer {{ TOKEN }}, X-Team: shop, of all, Accept: */*',
  template = '{"text": "{{errors}} \" at {{ at.start }}", "count": {{errors}}, "of": [{{at}}]}',
  batch.rows = 100, batch.bytes = '64kb', concurrency = 4, timeout = '3s', on_error = 'drop', retry.timeout = '1 hour',
  json.timestamp_format = 'unix_millis');
CREATE TABLE words WITH (
  connector = 'webhook', type = 'sink', endpoint = 'http://{{ HOST }}/topic', headers = 'Content-Type: text/plain',
  template = 'There are {{errors}} errors "');
INSERT INTO plain SELECT * FROM source;
INSERT INTO all_options SELECT * FROM source;
INSERT INTO words SELECT * FROM source;

-- case: webhooks that can't be
CREATE TABLE source (a INT) WITH (connector = 'http');
CREATE TABLE a WITH (connector = 'webhook', type = 'sink');
CREATE TABLE b WITH (connector = 'webhook', type = 'sink', endpoint = 'example.com');
CREATE TABLE c WITH (connector = 'webhook', type = 'sink', endpoint = 'https://me:word@example.com');
CREATE TABLE d WITH (connector = 'webhook', type = 'sink', endpoint = 'https://x', headers = 'Authorization: Bearer word');
CREATE TABLE e WITH (connector = 'webhook', type = 'sink', endpoint = 'https://x', headers = 'nothing, Idempotency-Key: 1');
CREATE TABLE f WITH (connector = 'webhook', type = 'sink', endpoint = 'https://x', headers = 'X-A: 1, x-a: 2');
CREATE TABLE g WITH (connector = 'webhook', type = 'sink', endpoint = 'https://x', template = '{"text": {{a}} b}');
CREATE TABLE h WITH (connector = 'webhook', type = 'sink', endpoint = 'https://x', template = '{"text": "{{ }}"}');
CREATE TABLE i WITH (connector = 'webhook', type = 'sink', endpoint = 'https://x', headers = 'Content-Type: text/plain', batch.rows = 2);
CREATE TABLE j WITH (connector = 'webhook', type = 'sink', endpoint = 'https://x', headers = 'Content-Type: text/xml');
CREATE TABLE k WITH (connector = 'webhook', type = 'sink', endpoint = 'https://x', retry.timeout = '1 hour', timeout = '1 day', batch.bytes = '1gb');
CREATE TABLE l WITH (connector = 'webhook', type = 'sink', endpoint = 'https://x', method = 'GET', concurrency = 1000, format = 'raw_string', on_error = 'skip');
CREATE TABLE m WITH (connector = 'webhook', type = 'sink', endpoint = 'https://x', connection_profile = 'p', header = 'A: b');

-- case: formats that are not there
CREATE TABLE a (a INT) WITH (connector = 'http', format = 'avro');
CREATE TABLE b (a INT) WITH (connector = 'http', format = 'protobuf');
CREATE TABLE c (a INT) WITH (connector = 'http', format = 'parquet');
CREATE TABLE d (a INT) WITH (connector = 'http', format = 'jason');
CREATE TABLE e WITH (connector = 'delta', path = '/x', format = 'json');
CREATE TABLE f (a INT) WITH (connector = 'http', 'json.confluent_schema_registry' = true, 'json.decimal_encoding' = 'bytes');
INSERT INTO e SELECT * FROM f;

-- case: files, in the new spelling
CREATE TABLE src (id BIGINT, key TEXT, at TIMESTAMP) WITH (connector = 'http');
CREATE TABLE files WITH (connector = 'filesystem', path = 's3://lake/raw', type = 'sink', format = 'json',
  'json.compression' = 'zstd', 'json.timestamp_format' = 'unix_millis',
  'rolling_policy.interval' = interval '30 seconds', 'rolling_policy.file_size' = '64MB',
  'rolling_policy.inactivity_interval' = interval '5 seconds', 'partitioning.fields' = [key],
  'partitioning.time_pattern' = '%Y/%m/%d', 'filename.prefix' = 'e', 'filename.suffix' = '-x',
  'filename.strategy' = 'ulid', 'multipart.target_part_size' = '16MB', 'multipart.max_parts' = 100,
  'multipart.minimum_multipart_size' = '8MB', 'sink.version' = 'v2', 'shuffle_by_partition.enabled' = true);
INSERT INTO files SELECT id, key, at FROM src;

-- case: files, in the old spelling
CREATE TABLE src (id BIGINT, key TEXT) WITH (connector = 'http');
CREATE TABLE files WITH (connector = 'filesystem', path = 'raw', format = 'parquet', rollover_seconds = 30,
  target_file_size = 1000000, inactivity_rollover_seconds = 5, partition_fields = 'key',
  time_partition_pattern = '%H', parquet_compression = 'lz4', parquet_row_group_size = '1MB',
  target_part_size = 5242880, max_parts = 50);
INSERT INTO files SELECT id, key FROM src;

-- case: files that are not written so
CREATE TABLE a (a INT) WITH (connector = 'filesystem', path = '/x', type = 'sink', format = 'avro');
CREATE TABLE b (a INT) WITH (connector = 'filesystem', path = '/x', type = 'sink', format = 'parquet', 'json.compression' = 'gzip');
CREATE TABLE c (a INT) WITH (connector = 'filesystem', path = '/x', type = 'sink', format = 'json', 'parquet.compression' = 'gzip');
CREATE TABLE d (a INT) WITH (connector = 'filesystem', path = '/x', type = 'sink', format = 'json', 'json.compression' = 'lz4');
CREATE TABLE e (a INT) WITH (connector = 'filesystem', path = '/x', type = 'sink', format = 'json', 'partitioning.fields' = [b]);

-- case: lakes that are elsewhere
CREATE TABLE a (a INT) WITH (connector = 'iceberg', 'catalog.type' = 'rest', table_name = 't', type = 'sink');
CREATE TABLE b (a INT) WITH (connector = 'delta', path = 'gs://bucket/t', type = 'sink');
CREATE TABLE c (a INT) WITH (connector = 'filesystem', path = 'abfss://c@account.dfs.core.windows.net/t', type = 'sink', format = 'json');
CREATE TABLE d (a INT) WITH (connector = 'filesystem', path = 'gs://bucket/in', type = 'source', format = 'json');
CREATE TABLE e (a INT) WITH (connector = 'single_file', path = 's3://bucket/one.json', type = 'sink');
CREATE TABLE f (a INT) WITH (connector = 'single_file', path = 'abfs://bucket/one.json', type = 'source');

-- case: settings of Delta
CREATE TABLE src (id BIGINT, at TIMESTAMP) WITH (connector = 'http');
CREATE TABLE t WITH (connector = 'delta', path = '/x', type = 'sink', 'delta.timestamp_ntz' = true,
  'delta.logRetentionDuration' = interval '7 days', 'delta.deletedFileRetentionDuration' = 'interval 12 hours',
  'delta.appendOnly' = true, 'delta.checkpointInterval' = 10, 'delta.dataSkippingNumIndexedCols' = -1,
  'delta.enableExpiredLogCleanup' = 'false');
INSERT INTO t SELECT id, at FROM src;

-- case: settings of Delta that are none
CREATE TABLE a (a INT) WITH (connector = 'delta', path = '/x', type = 'sink', 'delta.logRetentionDuraton' = interval '7 days');
CREATE TABLE b (a INT) WITH (connector = 'delta', path = '/x', type = 'sink', 'delta.logRetentionDuration' = 'long');
CREATE TABLE c (a INT) WITH (connector = 'delta', path = '/x', type = 'sink', 'delta.appendOnly' = 'yes', 'delta.checkpointInterval' = 0);
CREATE TABLE d (a INT) WITH (connector = 'delta', path = '/x', type = 'sink', 'delta.columnMapping.mode' = 'name');
CREATE TABLE e (a INT) WITH (connector = 'delta', path = '/x', type = 'sink', 'delta.feature.clustering' = 'supported');
CREATE TABLE f (a INT) WITH (connector = 'filesystem', path = '/x', type = 'sink', 'delta.appendOnly' = true);

-- case: files when a folder's time is over
CREATE TABLE src (id BIGINT, at TIMESTAMP) WITH (connector = 'http');
CREATE TABLE t WITH (connector = 'delta', path = '/x', type = 'sink', 'rolling_policy.watermark_expiration' = true,
  'partitioning.time_pattern' = '%Y/%m/%d');
INSERT INTO t SELECT id, at FROM src;

-- case: files when no folder's time is over
CREATE TABLE t (a INT) WITH (connector = 'delta', path = '/x', type = 'sink', 'rolling_policy.watermark_expiration' = true);
