-- The raw events of one user, newest first, while debugging. Here: whoever bought last.
select timestamp, id, type, platform, app_version, ip, properties
from shop_events
where user_id = (
    select arg_max(user_id, timestamp)
    from shop_events
    where type = 'purchase'
      and timestamp > now() - interval 1 day
)
  and timestamp > now() - interval 1 day
order by timestamp desc, id
limit 100;
