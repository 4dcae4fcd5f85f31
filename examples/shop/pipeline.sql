-- A shop's events, as "An AWS-based LOAD stack" ingests them: the article's own script with another
-- connector and other paths, and one more sink that keeps every event with its properties unparsed.

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
    path = 'helios-data/tables/account_created',
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

-- The raw table. It rolls every minute, so that other engines see new rows soon; SQL in Helios sees
-- them within a second whatever this says.
create table shop_events with (
    connector = 'delta',
    path = 'helios-data/tables/shop_events',
    format = 'parquet',
    'filename.strategy' = 'uuid',
    parquet_compression = 'zstd',
    time_partition_pattern = '%Y/%m/%d/%H',
    rollover_seconds = '60'
);

INSERT INTO shop_events
SELECT id, timestamp, ip, user_id, platform, app_version, type, properties
FROM events;
