-- case: the article's source as it is written, with a connection
create table events (
id TEXT PRIMARY KEY,
timestamp TIMESTAMP NOT NULL,
ip TEXT,
user_id TEXT,
platform TEXT,
app_version TEXT,
type TEXT NOT NULL,
properties JSON
) with (
connector = 'kafka',
connection_profile = 'analytics-redpanda',
topic = 'analytics',
format = 'json',
type = 'source'
);
select * from events;

-- case: the article's whole events, unstructured
create table events (
value JSON
) with (
connector = 'kafka',
connection_profile = 'analytics-redpanda',
topic = 'analytics',
format = 'json',
'json.unstructured' = true,
type = 'source'
);
select * from events;

-- case: all that a Kafka source takes
CREATE TABLE a (a INT) WITH (connector = 'kafka', type = 'source', bootstrap_servers = 'k1:9092,k2:9092',
  topic = 'orders, refunds', 'source.offset' = 'earliest', 'source.group_id' = 'g', 'source.read_mode' = 'read_uncommitted',
  'auth.type' = 'sasl', 'auth.protocol' = 'SASL_SSL', 'auth.mechanism' = 'SCRAM-SHA-256', 'auth.username' = 'u',
  'auth.password' = '{{ KAFKA_PASSWORD }}', 'json.timestamp_format' = 'unix_millis', bad_data = 'drop', idle_micros = 5,
  'value.subject' = 'orders-value');
CREATE TABLE b (a INT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = [a, b], source.offset = group,
  source.group_id_prefix = 'team');
CREATE TABLE c (a INT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic_pattern = 'shop\..*',
  'source.offset' = '2025-01-31T08:00:00+01:00');
CREATE TABLE d (a INT) WITH (connector = 'confluent', bootstrap_servers = 'k:9092', topic = 't', key = 'K', secret = 'env:S',
  'source.offset' = 1738310400000, 'schema_registry.endpoint' = 'https://r', 'json.confluent_schema_registry' = true);
CREATE TABLE e (a INT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 't', client_configs =
  'security.protocol=SASL_SSL,sasl.mechanism=PLAIN,sasl.username=u,sasl.password=env:P');
SELECT a FROM a UNION ALL SELECT a FROM b UNION ALL SELECT a FROM c UNION ALL SELECT a FROM d UNION ALL SELECT a FROM e;

-- case: all that a Kinesis source takes
CREATE TABLE a (a INT) WITH (connector = 'kinesis', stream_name = 'events', aws_region = 'eu-central-1', type = 'source',
  'source.offset' = 'earliest', 'source.fan_out.consumer' = 'helios');
CREATE TABLE b (a INT) WITH (connector = 'kinesis', connection_profile = 'prod',
  stream_arn = 'arn:aws:kinesis:eu-central-1:123456789012:stream/events');
SELECT * FROM a UNION ALL SELECT * FROM b;

-- case: a Kafka sink
CREATE TABLE s (a INT, k TEXT, at TIMESTAMP) WITH (connector = 'http');
CREATE TABLE t WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 'out', type = 'sink', format = 'json',
  'sink.commit_mode' = 'at_least_once', 'sink.key_field' = 'k', sink.timestamp_field = at, 'json.timestamp_format' = 'unix_millis');
CREATE TABLE u (a INT, K TEXT) WITH (connector = 'confluent', connection_profile = 'cloud', topic = 'out', 'sink.key_field' = 'k');
CREATE TABLE v (value TEXT) WITH (connector = 'kafka', connection_profile = 'p', topic = 'out', format = 'raw_string');
INSERT INTO t SELECT * FROM s;
INSERT INTO u SELECT a, k FROM s;
INSERT INTO v SELECT k FROM s;

-- case: sinks that can't be
CREATE TABLE s (a INT, k TEXT, at TIMESTAMP) WITH (connector = 'http');
CREATE TABLE t (a INT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 'a,b', type = 'sink', format = 'avro',
  'sink.commit_mode' = 'exactly_once', 'sink.key_field' = 'b', 'source.offset' = 'earliest');
CREATE TABLE u (a INT) WITH (connector = 'kinesis', stream_name = 's', type = 'sink');
CREATE TABLE v (a INT) WITH (connector = 'kafka', connection_profile = 'p', type = 'sink', 'sink.commit_mode' = 'twice');
CREATE TABLE w (a INT) WITH (connector = 'delta', connection_profile = 'p', path = 'w');
INSERT INTO t SELECT a FROM s;

-- case: options of Kafka that are wrong
CREATE TABLE a (a INT) WITH (connector = 'kafka', topic = 't');
CREATE TABLE b (a INT) WITH (connector = 'kafka', bootstrap_server = 'k:9092', topics = 't');
CREATE TABLE c (a INT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 'a b', 'source.offset' = 'latst');
CREATE TABLE d (a INT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 'a,a', topic_pattern = '(',
  'source.offset' = '2025-13-01T00:00:00Z');
CREATE TABLE e (a INT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 'a', 'source.offset' = 'group',
  'source.read_mode' = 'commited', 'sink.key_field' = 'a', framing = 'newline', 'framing.newline.max_length' = 5);
CREATE TABLE f (a INT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 'a', 'source.group_id' = 'a',
  'source.group_id_prefix' = 'b', 'source.offset' = '2025-01-01 00:00:00');
CREATE TABLE g (a INT) WITH (connector = 'kafka', connection_profile = '', topic = 'a');
CREATE TABLE h (a INT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 'a', 'auth.type' = 'sasl',
  'auth.mechanism' = 'PLAIN', 'auth.username' = 'u', 'auth.password' = 'hunter2');
CREATE TABLE i (a INT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092', 'bootstrap.servers' = 'k:9092', topic = '');
SELECT * FROM a;

-- case: options of Kinesis that are wrong
CREATE TABLE a (a INT) WITH (connector = 'kinesis', aws_region = 'eu-central-1');
CREATE TABLE b (a INT) WITH (connector = 'kinesis', stream_name = 'a b', 'source.offset' = 'group', aws_region = 'x');
CREATE TABLE c (a INT) WITH (connector = 'kinesis', stream_name = 'a', stream_arn = 'arn:aws:s3:::x',
  'source.fan_out.consumer' = 'a b', stream = 'x');
CREATE TABLE d (a INT) WITH (connector = 'kinesis', stream_name = 'a', format = 'avro',
  'avro.confluent_schema_registry' = true, bootstrap_servers = 'k:9092');
SELECT * FROM a;

-- case: metadata columns in both spellings
CREATE TABLE a (v TEXT, o BIGINT METADATA FROM 'offset_id', p INT METADATA FROM 'partition', t TEXT METADATA FROM 'topic',
  seen TIMESTAMP METADATA FROM 'timestamp', ms BIGINT GENERATED ALWAYS AS (metadata('timestamp')) STORED,
  k BYTEA METADATA FROM 'key', kt TEXT NOT NULL METADATA FROM 'key', h JSON METADATA FROM 'headers',
  WATERMARK FOR seen AS (seen - INTERVAL '1 second'))
  WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 't');
CREATE TABLE b (v TEXT, n TEXT METADATA FROM 'sequence_number', u BIGINT METADATA FROM 'subsequence_number',
  s TEXT METADATA FROM 'shard_id', k TEXT METADATA FROM 'partition_key', e TEXT METADATA FROM 'explicit_hash_key',
  at TIMESTAMP METADATA FROM 'timestamp')
  WITH (connector = 'kinesis', stream_name = 's');
SELECT v FROM a UNION ALL SELECT v FROM b;

-- case: metadata that there is not
CREATE TABLE a (v TEXT, o INT METADATA FROM 'offset_id', t INT METADATA FROM 'topic', k JSON METADATA FROM 'key',
  x TEXT METADATA FROM 'ofset_id', y TEXT METADATA FROM 'op', z DECIMAL(3, 1) METADATA FROM 'timestamp',
  s STRUCT<a TEXT> METADATA FROM 'headers', p TEXT METADATA FROM 'constructor')
  WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 't');
CREATE TABLE b (v TEXT, t TEXT METADATA FROM 'topic') WITH (connector = 'kinesis', stream_name = 's');
CREATE TABLE c (v TEXT, t TEXT METADATA FROM 'topic') WITH (connector = 'http');
CREATE TABLE d (t TEXT METADATA FROM 'topic') WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 't');
SELECT * FROM a;

-- case: formats of streams
CREATE TABLE a (id BIGINT, op TEXT METADATA FROM 'op', at TIMESTAMP METADATA FROM 'ts_ms', was JSON METADATA FROM 'before',
  src JSON METADATA FROM 'source', tx JSON METADATA FROM 'transaction', t TEXT METADATA FROM 'topic')
  WITH (connector = 'kafka', connection_profile = 'p', topic = 't', format = 'debezium_json');
CREATE TABLE b (id BIGINT) WITH (connector = 'http', format = 'debezium_json', 'json.timestamp_format' = 'unix_micros',
  'json.decimal_encoding' = 'string', 'json.include_schema' = true);
CREATE TABLE c (id BIGINT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 't', format = 'avro',
  'avro.confluent_schema_registry' = true, schema_registry.endpoint = 'http://r:8081',
  schema_registry.api_key = 'k', schema_registry.api_secret = 'file:/run/secret');
CREATE TABLE d WITH (connector = 'kafka', connection_profile = 'p', topic = 't', format = 'avro',
  'avro.confluent_schema_registry' = 'true', 'avro.into_unstructured_json' = 'true');
CREATE TABLE e (id BIGINT) WITH (connector = 'kinesis', stream_name = 't', format = 'avro', 'avro.raw_datums' = true,
  'avro.schema' = '{"type":"record","name":"e","fields":[{"name":"id","type":"long"}]}');
CREATE TABLE f (id BIGINT) WITH (connector = 'kafka', connection_profile = 'p', topic = 't', 'json.include_schema' = true,
  'json.confluent_schema_registry' = true, 'json.decimal_encoding' = 'string');
CREATE TABLE g WITH (connector = 'kafka', connection_profile = 'p', topic = 't', format = 'raw_bytes');
SELECT value::TEXT FROM d UNION ALL SELECT value::TEXT FROM g;

-- case: formats that can't be
CREATE TABLE a (id BIGINT) WITH (connector = 'kafka', connection_profile = 'p', topic = 't', format = 'avro');
CREATE TABLE b (id BIGINT) WITH (connector = 'kafka', bootstrap_servers = 'k:9092', topic = 't', format = 'avro',
  'avro.confluent_schema_registry' = true, 'avro.schema' = '{}');
CREATE TABLE c (id BIGINT) WITH (connector = 'kafka', connection_profile = 'p', topic = 't', format = 'avro',
  'avro.confluent_schema_registry' = true, 'avro.raw_datums' = true);
CREATE TABLE d (id BIGINT) WITH (connector = 'kinesis', stream_name = 't', format = 'avro', 'avro.raw_datums' = true);
CREATE TABLE e (id BIGINT) WITH (connector = 'kafka', connection_profile = 'p', topic = 't', format = 'debezium',
  'json.timestamp_format' = 'unix_micros');
CREATE TABLE f (id BIGINT) WITH (connector = 'kafka', connection_profile = 'p', topic = 't', format = 'debezium_json',
  'json.unstructured' = true, 'json.decimal_encoding' = 'base64', 'json.timestamp_format' = 'unix_seconds');
CREATE TABLE g (id BIGINT) WITH (connector = 'kafka', connection_profile = 'p', topic = 't', format = 'json',
  'avro.raw_datums' = true, 'json.timestamp_format' = 'unix_micros');
SELECT * FROM a;
