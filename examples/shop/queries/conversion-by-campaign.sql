-- How many of a campaign's sessions end in a purchase?
with sessions as (
    select
        properties->>'session_id' as session_id,
        coalesce(any_value(properties->>'campaign_id'), '(none)') as campaign,
        bool_or(type = 'purchase') as has_bought,
        sum((properties->>'amount_cents')::bigint) filter (type = 'purchase') as amount_cents
    from shop_events
    where timestamp > now() - interval 1 day
    group by session_id
)
select
    campaign,
    count(*) as sessions,
    count(*) filter (has_bought) as purchases,
    round(100 * avg(has_bought::int), 1) as conversion_percent,
    coalesce(sum(amount_cents), 0) / 100 as revenue
from sessions
group by campaign
order by conversion_percent desc, campaign;
