-- What are the top 5 products viewed in the last hour?
select
    properties->>'product_id' as product,
    count(*) as views,
    count(distinct user_id) as people
from shop_events
where type = 'product_view'
  and timestamp > now() - interval 1 hour
group by product
order by views desc, product
limit 5;
