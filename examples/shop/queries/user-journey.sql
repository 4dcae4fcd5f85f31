-- What did one user do, session by session? Here: whoever has most sessions today.
with somebody as (
    select user_id
    from shop_events
    where type = 'session_start'
      and timestamp > now() - interval 1 day
    group by user_id
    order by count(*) desc, user_id
    limit 1
)
select
    user_id,
    dense_rank() over (order by session_started_at, session_id) as session,
    timestamp,
    timestamp - lag(timestamp) over (partition by session_id order by timestamp, id) as after,
    type,
    coalesce(
        properties->>'product_id',
        properties->>'path',
        properties->>'referrer',
        properties->>'signup_method',
        properties->>'order_id'
    ) as what
from (
    select
        *,
        properties->>'session_id' as session_id,
        min(timestamp) over (partition by properties->>'session_id') as session_started_at
    from shop_events
    where user_id = (select user_id from somebody)
      and timestamp > now() - interval 1 day
)
order by session, timestamp, id;
