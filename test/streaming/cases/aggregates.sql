-- case: count of rows and of values
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS rows, count(ms) AS values, count(1) AS ones FROM clicks GROUP BY window;
-- equals
SELECT "window", count(*) AS rows, count(ms) AS values, count(1) AS ones FROM minutes GROUP BY "window"

-- case: count of different values
SELECT tumble(INTERVAL '1 minute') AS window, count(DISTINCT page) AS pages, count(DISTINCT visitor) AS visitors FROM clicks GROUP BY window;
-- equals
SELECT "window", count(DISTINCT page) AS pages, count(DISTINCT visitor) AS visitors FROM minutes GROUP BY "window"

-- case: sum of integers, decimals and floats
SELECT tumble(INTERVAL '1 minute') AS window, sum(ms) AS a, sum(amount) AS b, sum(score) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", sum(ms) AS a, sum(amount) AS b, sum(score) AS c FROM minutes GROUP BY "window"

-- case: sum of different values
SELECT tumble(INTERVAL '1 minute') AS window, sum(DISTINCT ms) AS a FROM clicks GROUP BY window;
-- equals
SELECT "window", sum(DISTINCT ms) AS a FROM minutes GROUP BY "window"

-- case: sum of an expression
SELECT tumble(INTERVAL '1 minute') AS window, sum(ms * 2 + 1) AS a, sum(amount * 3) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", sum(ms * 2 + 1) AS a, sum(amount * 3) AS b FROM minutes GROUP BY "window"

-- case: sum of a CASE
SELECT tumble(INTERVAL '1 minute') AS window, sum(CASE WHEN ok THEN 1 ELSE 0 END) AS good FROM clicks GROUP BY window;
-- equals
SELECT "window", sum(CASE WHEN ok THEN 1 ELSE 0 END) AS good FROM minutes GROUP BY "window"

-- case: averages
SELECT tumble(INTERVAL '1 minute') AS window, avg(ms) AS a, avg(amount) AS b, avg(score) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", avg(ms) AS a, avg(amount) AS b, avg(score) AS c FROM minutes GROUP BY "window"

-- case: average of different values
SELECT tumble(INTERVAL '1 minute') AS window, avg(DISTINCT ms) AS a FROM clicks GROUP BY window;
-- equals
SELECT "window", avg(DISTINCT ms) AS a FROM minutes GROUP BY "window"

-- case: exact float sums
SELECT tumble(INTERVAL '1 minute') AS window, fsum(score) AS a, favg(score) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", fsum(score) AS a, favg(score) AS b FROM minutes GROUP BY "window"

-- case: least and greatest of each type
SELECT tumble(INTERVAL '1 minute') AS window, min(ms) AS a, max(amount) AS b, min(page) AS c, max(ts) AS d, min(score) AS e, max(ok) AS f FROM clicks GROUP BY window;
-- equals
SELECT "window", min(ms) AS a, max(amount) AS b, min(page) AS c, max(ts) AS d, min(score) AS e, max(ok) AS f FROM minutes GROUP BY "window"

-- case: least and greatest of structs and lists
SELECT tumble(INTERVAL '1 minute') AS window, min(geo) AS a, max(tags) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", min(geo) AS a, max(tags) AS b FROM minutes GROUP BY "window"

-- case: the three greatest
SELECT tumble(INTERVAL '1 minute') AS window, max(ms, 3) AS a, min(amount, 2) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", max(ms, 3) AS a, min(amount, 2) AS b FROM minutes GROUP BY "window"

-- case: whether all or any
SELECT tumble(INTERVAL '1 minute') AS window, bool_and(ok) AS a, bool_or(ok) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", bool_and(ok) AS a, bool_or(ok) AS b FROM minutes GROUP BY "window"

-- case: bits
SELECT tumble(INTERVAL '1 minute') AS window, bit_and(id) AS a, bit_or(id) AS b, bit_xor(id) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", bit_and(id) AS a, bit_or(id) AS b, bit_xor(id) AS c FROM minutes GROUP BY "window"

-- case: count_if and countif
SELECT tumble(INTERVAL '1 minute') AS window, count_if(ok) AS a, countif(ms > 500) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", count_if(ok) AS a, countif(ms > 500) AS b FROM minutes GROUP BY "window"

-- case: lists in an order
SELECT tumble(INTERVAL '1 minute') AS window, list(page ORDER BY ts, id) AS a, array_agg(id ORDER BY id DESC) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", list(page ORDER BY ts, id) AS a, array_agg(id ORDER BY id DESC) AS b FROM minutes GROUP BY "window"

-- case: lists of different values
SELECT tumble(INTERVAL '1 minute') AS window, list(DISTINCT page ORDER BY page) AS a FROM clicks GROUP BY window;
-- equals
SELECT "window", list(DISTINCT page ORDER BY page) AS a FROM minutes GROUP BY "window"

-- case: lists with NULLs
SELECT tumble(INTERVAL '1 minute') AS window, list(visitor ORDER BY id, ts) AS a, list(ms ORDER BY ms NULLS FIRST) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", list(visitor ORDER BY id, ts) AS a, list(ms ORDER BY ms NULLS FIRST) AS b FROM minutes GROUP BY "window"

-- case: texts in an order
SELECT tumble(INTERVAL '1 minute') AS window, string_agg(page, ', ' ORDER BY ts DESC, id) AS a, group_concat(visitor, '-' ORDER BY id) AS b, listagg(page, '' ORDER BY id) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", string_agg(page, ', ' ORDER BY ts DESC, id) AS a, group_concat(visitor, '-' ORDER BY id) AS b, listagg(page, '' ORDER BY id) AS c FROM minutes GROUP BY "window"

-- case: texts of different values
SELECT tumble(INTERVAL '1 minute') AS window, string_agg(DISTINCT page, ' ' ORDER BY page) AS a FROM clicks GROUP BY window;
-- equals
SELECT "window", string_agg(DISTINCT page, ' ' ORDER BY page) AS a FROM minutes GROUP BY "window"

-- case: first and last in an order
SELECT tumble(INTERVAL '1 minute') AS window, first(page ORDER BY ts, id) AS a, last(page ORDER BY ts, id) AS b, any_value(ms ORDER BY id) AS c, arbitrary(page ORDER BY id) AS d FROM clicks GROUP BY window;
-- equals
SELECT "window", first(page ORDER BY ts, id) AS a, last(page ORDER BY ts, id) AS b, any_value(ms ORDER BY id) AS c, arbitrary(page ORDER BY id) AS d FROM minutes GROUP BY "window"

-- case: medians
SELECT tumble(INTERVAL '1 minute') AS window, median(ms) AS a, median(amount) AS b, median(ts) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", median(ms) AS a, median(amount) AS b, median(ts) AS c FROM minutes GROUP BY "window"

-- case: quantiles
SELECT tumble(INTERVAL '1 minute') AS window, quantile_cont(ms, 0.9) AS a, quantile_disc(page, 0.5) AS b, quantile_cont(score, [0.1, 0.9]) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", quantile_cont(ms, 0.9) AS a, quantile_disc(page, 0.5) AS b, quantile_cont(score, [0.1, 0.9]) AS c FROM minutes GROUP BY "window"

-- case: percentiles in the standard's words
SELECT tumble(INTERVAL '1 minute') AS window, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS a, percentile_disc(0.25) WITHIN GROUP (ORDER BY amount) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS a, percentile_disc(0.25) WITHIN GROUP (ORDER BY amount) AS b FROM minutes GROUP BY "window"

-- case: mad
SELECT tumble(INTERVAL '1 minute') AS window, mad(ms) AS a FROM clicks GROUP BY window;
-- equals
SELECT "window", mad(ms) AS a FROM minutes GROUP BY "window"

-- case: mode in an order
SELECT tumble(INTERVAL '1 minute') AS window, mode(page ORDER BY page) AS a FROM clicks GROUP BY window;
-- equals
SELECT "window", mode(page ORDER BY page) AS a FROM minutes GROUP BY "window"

-- case: arg_max and arg_min
SELECT tumble(INTERVAL '1 minute') AS window, arg_max(page, id) AS a, arg_min(visitor, id) AS b, max_by(amount, id) AS c, min_by(ts, id) AS d FROM clicks GROUP BY window;
-- equals
SELECT "window", arg_max(page, id) AS a, arg_min(visitor, id) AS b, max_by(amount, id) AS c, min_by(ts, id) AS d FROM minutes GROUP BY "window"

-- case: the latest three
SELECT tumble(INTERVAL '1 minute') AS window, arg_max(id, id, 3) AS a FROM clicks GROUP BY window;
-- equals
SELECT "window", arg_max(id, id, 3) AS a FROM minutes GROUP BY "window"

-- case: spread
SELECT tumble(INTERVAL '1 minute') AS window, stddev(ms) AS a, stddev_pop(score) AS b, var_samp(amount) AS c, variance(ms) AS d, var_pop(ms) AS e, sem(ms) AS f FROM clicks GROUP BY window;
-- equals
SELECT "window", stddev(ms) AS a, stddev_pop(score) AS b, var_samp(amount) AS c, variance(ms) AS d, var_pop(ms) AS e, sem(ms) AS f FROM minutes GROUP BY "window"

-- case: skewness and kurtosis
SELECT tumble(INTERVAL '1 minute') AS window, round(skewness(ms), 6) AS a, round(kurtosis(ms), 6) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", round(skewness(ms), 6) AS a, round(kurtosis(ms), 6) AS b FROM minutes GROUP BY "window"

-- case: correlation and covariance
SELECT tumble(INTERVAL '1 minute') AS window, round(corr(ms, score), 8) AS a, covar_pop(ms, score) AS b, covar_samp(ms, score) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", round(corr(ms, score), 8) AS a, covar_pop(ms, score) AS b, covar_samp(ms, score) AS c FROM minutes GROUP BY "window"

-- case: regression
SELECT tumble(INTERVAL '1 minute') AS window, regr_count(score, ms) AS a, regr_avgx(score, ms) AS b, round(regr_slope(score, ms), 8) AS c, round(regr_intercept(score, ms), 8) AS d FROM clicks GROUP BY window;
-- equals
SELECT "window", regr_count(score, ms) AS a, regr_avgx(score, ms) AS b, round(regr_slope(score, ms), 8) AS c, round(regr_intercept(score, ms), 8) AS d FROM minutes GROUP BY "window"

-- case: product and geometric mean
SELECT tumble(INTERVAL '1 minute') AS window, product(1 + ms / 1000) AS a, geomean(ms + 1) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", product(1 + ms / 1000) AS a, geomean(ms + 1) AS b FROM minutes GROUP BY "window"

-- case: entropy
SELECT tumble(INTERVAL '1 minute') AS window, entropy(page) AS a FROM clicks GROUP BY window;
-- equals
SELECT "window", entropy(page) AS a FROM minutes GROUP BY "window"

-- case: histogram
SELECT tumble(INTERVAL '1 minute') AS window, histogram(page) AS a FROM clicks GROUP BY window;
-- equals
SELECT "window", histogram(page) AS a FROM minutes GROUP BY "window"

-- case: approximate distinct counts
SELECT tumble(INTERVAL '1 minute') AS window, approx_count_distinct(page) AS a, approx_count_distinct(id) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", approx_count_distinct(page) AS a, approx_count_distinct(id) AS b FROM minutes GROUP BY "window"

-- case: JSON of values
SELECT tumble(INTERVAL '1 minute') AS window, json_array_length(json_group_array(page)) AS a FROM clicks GROUP BY window;
-- equals
SELECT "window", json_array_length(json_group_array(page)) AS a FROM minutes GROUP BY "window"

-- case: weighted average
SELECT tumble(INTERVAL '1 minute') AS window, wavg(score, ms) AS a FROM clicks GROUP BY window;
-- equals
SELECT "window", wavg(score, ms) AS a FROM minutes GROUP BY "window"

-- case: expressions of aggregates
SELECT tumble(INTERVAL '1 minute') AS window, sum(ms) / count(ms) AS a, round(100.0 * count(*) FILTER (page = '/pay') / count(*), 2) AS b, max(ms) - min(ms) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", sum(ms) / count(ms) AS a, round(100.0 * count(*) FILTER (page = '/pay') / count(*), 2) AS b, max(ms) - min(ms) AS c FROM minutes GROUP BY "window"

-- case: functions of aggregates
SELECT tumble(INTERVAL '1 minute') AS window, coalesce(sum(ms), 0) AS a, len(list(id)) AS b, list_sum(list(ms ORDER BY id)) AS c, CASE WHEN count(*) > 3 THEN 'busy' ELSE 'quiet' END AS d FROM clicks GROUP BY window;
-- equals
SELECT "window", coalesce(sum(ms), 0) AS a, len(list(id)) AS b, list_sum(list(ms ORDER BY id)) AS c, CASE WHEN count(*) > 3 THEN 'busy' ELSE 'quiet' END AS d FROM minutes GROUP BY "window"

-- case: filters
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FILTER (WHERE page = '/pay') AS a, sum(ms) FILTER (ok) AS b, count(DISTINCT visitor) FILTER (WHERE country = 'DE') AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", count(*) FILTER (WHERE page = '/pay') AS a, sum(ms) FILTER (ok) AS b, count(DISTINCT visitor) FILTER (WHERE country = 'DE') AS c FROM minutes GROUP BY "window"

-- case: a filter and an order
SELECT tumble(INTERVAL '1 minute') AS window, list(id ORDER BY id) FILTER (WHERE ms > 300) AS a, string_agg(page, ',' ORDER BY id) FILTER (ok) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", list(id ORDER BY id) FILTER (WHERE ms > 300) AS a, string_agg(page, ',' ORDER BY id) FILTER (ok) AS b FROM minutes GROUP BY "window"

-- case: aggregates of JSON values
SELECT tumble(INTERVAL '1 minute') AS window, sum((props->>'n')::INT) AS a, count(props->>'plan') AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", sum((props->>'n')::INT) AS a, count(props->>'plan') AS b FROM minutes GROUP BY "window"

-- case: aggregates of struct fields
SELECT tumble(INTERVAL '1 minute') AS window, max(geo.zone) AS a, list(DISTINCT geo.city ORDER BY geo.city) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", max(geo.zone) AS a, list(DISTINCT geo.city ORDER BY geo.city) AS b FROM minutes GROUP BY "window"

-- case: aggregates of times
SELECT tumble(INTERVAL '1 minute') AS window, min(ts) AS a, epoch(max(ts) - min(ts)) AS b, avg(epoch(ts)) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", min(ts) AS a, epoch(max(ts) - min(ts)) AS b, avg(epoch(ts)) AS c FROM minutes GROUP BY "window"

-- case: aggregates of list functions
SELECT tumble(INTERVAL '1 minute') AS window, sum(len(tags)) AS a, max(list_contains(tags, 'b')) AS b, list(DISTINCT tags[1] ORDER BY tags[1]) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", sum(len(tags)) AS a, max(list_contains(tags, 'b')) AS b, list(DISTINCT tags[1] ORDER BY tags[1]) AS c FROM minutes GROUP BY "window"

-- case: the same aggregate twice
SELECT tumble(INTERVAL '1 minute') AS window, count(*) AS a, count(*) AS b, count(*) + count(*) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", count(*) AS a, count(*) AS b, count(*) + count(*) AS c FROM minutes GROUP BY "window"

-- case: an aggregate beside a constant
SELECT tumble(INTERVAL '1 minute') AS window, 'x' AS a, 42 AS b, count(*) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", 'x' AS a, 42 AS b, count(*) AS c FROM minutes GROUP BY "window"

-- case: a macro of an aggregate
SELECT tumble(INTERVAL '1 minute') AS window, wavg(ms, id + 1) AS a, geometric_mean(id + 1) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", wavg(ms, id + 1) AS a, geometric_mean(id + 1) AS b FROM minutes GROUP BY "window"

-- case: several counts that filter
SELECT tumble(INTERVAL '1 minute') AS window, count(*) FILTER (country = 'DE') AS de, count(*) FILTER (country = 'FR') AS fr, count(*) FILTER (country IS NULL) AS nowhere FROM clicks GROUP BY window;
-- equals
SELECT "window", count(*) FILTER (country = 'DE') AS de, count(*) FILTER (country = 'FR') AS fr, count(*) FILTER (country IS NULL) AS nowhere FROM minutes GROUP BY "window"

-- case: minimum of a text and a NULL key
SELECT tumble(INTERVAL '1 minute') AS window, min(visitor) AS a, max(country) AS b FROM clicks GROUP BY window;
-- equals
SELECT "window", min(visitor) AS a, max(country) AS b FROM minutes GROUP BY "window"

-- case: sum that is NULL where nothing is
SELECT tumble(INTERVAL '1 minute') AS window, sum(ms) FILTER (page = '/none') AS a, max(ms) FILTER (false) AS b, list(id) FILTER (false) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", sum(ms) FILTER (page = '/none') AS a, max(ms) FILTER (false) AS b, list(id) FILTER (false) AS c FROM minutes GROUP BY "window"

-- case: sums of booleans and different types
SELECT tumble(INTERVAL '1 minute') AS window, sum(ok::INT) AS a, sum(geo.zone) AS b, sum(len(page)) AS c FROM clicks GROUP BY window;
-- equals
SELECT "window", sum(ok::INT) AS a, sum(geo.zone) AS b, sum(len(page)) AS c FROM minutes GROUP BY "window"

-- case: aggregates that merge, by hop
SELECT hop(INTERVAL '30 seconds', INTERVAL '2 minutes') AS window, visitor, count(*) AS n, sum(ms) AS ms, avg(score) AS score, min(ts) AS began, max(amount) AS amount, bool_and(ok) AS good FROM clicks GROUP BY window, visitor;
-- equals
SELECT "window", visitor, count(*) AS n, sum(ms) AS ms, avg(score) AS score, min(ts) AS began, max(amount) AS amount, bool_and(ok) AS good FROM half_minutes GROUP BY "window", visitor

-- case: aggregates that keep rows, by hop
SELECT hop(INTERVAL '30 seconds', INTERVAL '2 minutes') AS window, visitor, median(ms) AS ms, count(DISTINCT page) AS pages, stddev(score) AS score, string_agg(page, ' ' ORDER BY id, ts) AS path FROM clicks GROUP BY window, visitor;
-- equals
SELECT "window", visitor, median(ms) AS ms, count(DISTINCT page) AS pages, stddev(score) AS score, string_agg(page, ' ' ORDER BY id, ts) AS path FROM half_minutes GROUP BY "window", visitor

-- case: filters and averages, by hop
SELECT hop(INTERVAL '30 seconds', INTERVAL '2 minutes') AS window, visitor, avg(amount) FILTER (ok) AS a, count(*) FILTER (page = '/pay') AS b, sum(ms) FILTER (country = 'DE') AS c FROM clicks GROUP BY window, visitor;
-- equals
SELECT "window", visitor, avg(amount) FILTER (ok) AS a, count(*) FILTER (page = '/pay') AS b, sum(ms) FILTER (country = 'DE') AS c FROM half_minutes GROUP BY "window", visitor

-- case: a map of values
SELECT tumble(INTERVAL '1 minute') AS window, cardinality(map_from_entries(list(DISTINCT (id, page)))) AS a FROM clicks GROUP BY window;
-- equals
SELECT "window", cardinality(map_from_entries(list(DISTINCT (id, page)))) AS a FROM minutes GROUP BY "window"
