-- In which minutes did far more, or far fewer, events come than in the half hour before?
with minutes as (
    select date_trunc('minute', timestamp) as minute, count(*) as events
    from shop_events
    where timestamp > now() - interval 1 day
    group by minute
),
compared as (
    select
        minute,
        events,
        avg(events) over before as expected,
        stddev_samp(events) over before as deviation,
        count(*) over before as minutes_before
    from minutes
    window before as (order by minute rows between 30 preceding and 1 preceding)
)
select
    minute,
    events,
    round(expected, 1) as expected,
    round((events - expected) / deviation, 1) as z_score
from compared
where minutes_before >= 10
  and deviation > 0
  and abs(events - expected) / deviation > 3
  -- The first and the running minute are not whole.
  and minute < date_trunc('minute', now())
order by minute;
