-- case: a stream with a lookup table
SELECT id, kind, price - cost AS gain FROM orders JOIN products USING (product);
-- equals
SELECT id, kind, price - cost AS gain FROM orders JOIN products USING (product)

-- case: a left join with a lookup table
SELECT o.id, p.kind FROM orders o LEFT JOIN products p ON p.product = o.product AND p.cost < o.price;
-- equals
SELECT o.id, p.kind FROM orders o LEFT JOIN products p ON p.product = o.product AND p.cost < o.price

-- case: a lookup table in front
SELECT id, kind FROM products JOIN orders USING (product);
-- equals
SELECT id, kind FROM products JOIN orders USING (product)

-- case: a right join keeps the stream's rows
SELECT id, kind FROM products RIGHT JOIN orders USING (product);
-- equals
SELECT id, kind FROM products RIGHT JOIN orders USING (product)

-- case: a cross join with a lookup table
SELECT id, p.kind FROM orders CROSS JOIN products p WHERE quantity > 1;
-- equals
SELECT id, p.kind FROM orders CROSS JOIN products p WHERE quantity > 1

-- case: a star beside a lookup table
SELECT o.*, p.cost FROM orders o JOIN products p USING (product) WHERE p.cost > 2;
-- equals
SELECT o.*, p.cost FROM orders o JOIN products p USING (product) WHERE p.cost > 2

-- case: semi and anti joins with a lookup table
SELECT id, product FROM orders SEMI JOIN products USING (product) WHERE quantity = 1;
-- equals
SELECT id, product FROM orders SEMI JOIN products USING (product) WHERE quantity = 1

-- case: an anti join with a lookup table
SELECT id, product FROM orders ANTI JOIN products USING (product);
-- equals
SELECT id, product FROM orders ANTI JOIN products USING (product)

-- case: IN a lookup table
SELECT id, product FROM orders WHERE product IN (SELECT product FROM products WHERE cost > 2);
-- equals
SELECT id, product FROM orders WHERE product IN (SELECT product FROM products WHERE cost > 2)

-- case: NOT IN a lookup table
SELECT id, product FROM orders WHERE product NOT IN (SELECT product FROM products);
-- equals
SELECT id, product FROM orders WHERE product NOT IN (SELECT product FROM products)

-- case: NOT EXISTS in a lookup table
SELECT id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM products p WHERE p.product = o.product AND p.cost < o.price);
-- equals
SELECT id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM products p WHERE p.product = o.product AND p.cost < o.price)

-- case: a subquery over a lookup table as a value
SELECT id, (SELECT max(cost) FROM products p WHERE p.product = o.product) AS cost, price > (SELECT avg(cost) FROM products) AS dear FROM orders o;
-- equals
SELECT id, (SELECT max(cost) FROM products p WHERE p.product = o.product) AS cost, price > (SELECT avg(cost) FROM products) AS dear FROM orders o

-- case: a view over a lookup table, and a CTE
CREATE VIEW best AS SELECT product, max(cost) AS cost, count(*) AS n FROM products GROUP BY product;
WITH dear AS (SELECT * FROM best WHERE cost > 2) SELECT id, best.cost, dear.n FROM orders JOIN best USING (product) LEFT JOIN dear USING (product);
-- equals
WITH best AS (SELECT product, max(cost) AS cost, count(*) AS n FROM products GROUP BY product), dear AS (SELECT * FROM best WHERE cost > 2)
SELECT id, best.cost, dear.n FROM orders JOIN best USING (product) LEFT JOIN dear USING (product)

-- case: a lateral subquery over a lookup table
SELECT id, first.kind FROM orders o, LATERAL (SELECT kind FROM products p WHERE p.product = o.product ORDER BY cost LIMIT 1) first;
-- equals
SELECT id, first.kind FROM orders o, LATERAL (SELECT kind FROM products p WHERE p.product = o.product ORDER BY cost LIMIT 1) first

-- case: an ASOF join with a lookup table
SELECT o.id, p.cost FROM orders o ASOF LEFT JOIN (SELECT product, cost FROM products WHERE kind <> 'travel') p ON o.product = p.product AND o.price >= p.cost;
-- equals
SELECT o.id, p.cost FROM orders o ASOF LEFT JOIN (SELECT product, cost FROM products WHERE kind <> 'travel') p ON o.product = p.product AND o.price >= p.cost

-- case: windows over what was looked up
SELECT tumble(INTERVAL '1 minute') AS window, kind, sum(price - cost) AS gain, count(*) AS n
FROM orders JOIN products USING (product) GROUP BY window, kind;
-- equals
SELECT "window", kind, sum(price - cost) AS gain, count(*) AS n
FROM order_minutes JOIN products USING (product) GROUP BY ALL

-- case: windows that are joined with a lookup table, and ranked
SELECT window, w.product, n, n * cost AS spent, rank() OVER (PARTITION BY window ORDER BY n * cost DESC) AS place
FROM (SELECT tumble(INTERVAL '1 minute') AS window, product, count(*) AS n FROM orders GROUP BY window, product) w
LEFT JOIN (SELECT product, min(cost) AS cost FROM products GROUP BY product) p ON p.product = w.product;
-- equals
SELECT "window", w.product, n, n * cost AS spent, rank() OVER (PARTITION BY "window" ORDER BY n * cost DESC) AS place
FROM (SELECT "window", product, count(*) AS n FROM order_minutes GROUP BY ALL) w
LEFT JOIN (SELECT product, min(cost) AS cost FROM products GROUP BY product) p ON p.product = w.product

-- case: streams that are joined after a lookup
SELECT o.id, o.kind, p.paid FROM (SELECT id, kind FROM orders JOIN products USING (product)) o
JOIN payments p ON p.order_id = o.id;
-- equals
SELECT o.id, o.kind, p.paid FROM (SELECT id, kind FROM orders JOIN products USING (product)) o
JOIN payments p ON p.order_id = o.id
