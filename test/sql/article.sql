-- case: the article's pipeline over HTTP into a local table
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
connector = 'http',
format = 'json',
type = 'source'
);
create table account_created_sink with (
connector = 'delta',
path = './data/account_created',
format = 'parquet',
'filename.strategy' = 'uuid',
parquet_compression = 'zstd',
time_partition_pattern = '%Y/%m/%d/%H',
rollover_seconds = '6000'
);
INSERT INTO account_created_sink
SELECT
id,
timestamp,
ip,
user_id,
platform,
app_version,
-- these fields use the shorthand get_json_str syntax -->
properties->>'signup_method' as signup_method,
properties->>'campaign_id' as campaign_id,
properties->>'product' as product
FROM events
WHERE type = 'account_created';

-- case: the article's whole events, unstructured
create table events (
  value JSON
) with (
  connector = 'http',
  format = 'json',
  'json.unstructured' = true,
  type = 'source'
);
select * from events;

-- case: the article's script as it stands, with Kafka and S3
create table events (
id TEXT PRIMARY KEY,
timestamp TIMESTAMP NOT NULL,
properties JSON
) with (
connector = 'kafka',
connection_profile = 'analytics-redpanda',
topic = 'analytics',
format = 'json',
type = 'source'
);
create table account_created_sink with (
connector = 'delta',
path = 's3://{S3_BUCKET}/data/account_created',
format = 'parquet',
'filename.strategy' = 'uuid',
parquet_compression = 'zstd',
time_partition_pattern = '%Y/%m/%d/%H',
rollover_seconds = '6000'
);
INSERT INTO account_created_sink SELECT id, timestamp FROM events;

-- case: the same with today's option names
create table events (id TEXT PRIMARY KEY, timestamp TIMESTAMP NOT NULL, type TEXT, properties JSON)
with (connector = 'http', format = 'json', type = 'source', stream = 'shop');
create table account_created with (
  connector = 'delta',
  type = 'sink',
  path = 'file:///data/account_created',
  format = 'parquet',
  'filename.strategy' = 'uuid_v7',
  'filename.prefix' = 'part-',
  'parquet.compression' = 'zstd',
  'parquet.row_group_size' = '64MB',
  'partitioning.time_pattern' = '%Y/%m/%d/%H',
  'partitioning.fields' = [app_version, platform],
  'rolling_policy.interval' = interval '100 minutes',
  'rolling_policy.file_size' = '256MB',
  'rolling_policy.inactivity_interval' = interval '30' second,
  'rolling_policy.watermark_expiration' = true,
  'multipart.target_part_size' = '8MB',
  'shuffle_by_partition.enabled' = false
);
INSERT INTO account_created SELECT * FROM events WHERE type = 'account_created';
