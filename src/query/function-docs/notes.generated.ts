export type FunctionNote = {
  readonly signature: string;
  readonly description: string;
  readonly example: string;
};

/** What DuckDB 1.5.5 says nothing of, though people write it every day. */
export const functionNotes: ReadonlyMap<string, FunctionNote> = new Map(
  `
row_number | row_number() → BIGINT | The number of the row in its window, from 1. | row_number() over (partition by user_id order by at)
rank | rank() → BIGINT | The place of the row in its window; equal rows share one, and leave gaps behind. | rank() over (order by price desc)
dense_rank | dense_rank() → BIGINT | The place of the row in its window; equal rows share one, without gaps. | dense_rank() over (order by price desc)
percent_rank | percent_rank() → DOUBLE | The place of the row as a share of its window, from 0 to 1. | percent_rank() over (order by price)
cume_dist | cume_dist() → DOUBLE | The share of the window's rows that are not behind this one. | cume_dist() over (order by price)
ntile | ntile(n BIGINT) → BIGINT | Which of n groups of equal size the row is in, from 1. | ntile(4) over (order by price)
lag | lag(expr, offset, default) | The value of an earlier row of the window; one row before unless an offset is given. | lag(price) over (partition by product order by at)
lead | lead(expr, offset, default) | The value of a later row of the window; one row behind unless an offset is given. | lead(at) over (partition by user_id order by at)
first_value | first_value(expr) | The value of the first row of the window's frame. | first_value(page) over (partition by session order by at)
last_value | last_value(expr) | The value of the last row of the window's frame. | last_value(page) over (partition by session order by at)
nth_value | nth_value(expr, n BIGINT) | The value of the nth row of the window's frame, from 1. | nth_value(page, 2) over (partition by session order by at)
unnest | unnest(list) | A row for each element of a list; with a struct, a column for each field. | select unnest([1, 2, 3])
range | range(start, stop, step) | The values from start up to, not with, stop: as rows in FROM, elsewhere as a list. | select * from range(0, 10, 2)
generate_series | generate_series(start, stop, step) | The values from start up to and with stop: as rows in FROM, elsewhere as a list. | select * from generate_series(1, 5)
json_each | json_each(json, path) | A row for each member of an object or array: key, value, type and place. | select key, value from json_each('{"a": 1}')
json_tree | json_tree(json, path) | A row for each value of a document, however deep: key, value, type and place. | select fullkey, atom from json_tree('{"a": [1]}')
json_extract | json_extract(json, path VARCHAR) → JSON | The value at a path, as JSON; -> is the same. | json_extract(properties, '$.items[0]')
json_extract_string | json_extract_string(json, path VARCHAR) → VARCHAR | The value at a path as text, without quotes; ->> is the same. | json_extract_string(properties, 'product_id')
json_extract_path | json_extract_path(json, path VARCHAR) → JSON | The value at a path, as JSON. | json_extract_path(properties, '$.items')
json_extract_path_text | json_extract_path_text(json, path VARCHAR) → VARCHAR | The value at a path as text, without quotes. | json_extract_path_text(properties, '$.product_id')
json_value | json_value(json, path VARCHAR) → JSON | The value at a path; NULL where it is an object or an array. | json_value(properties, '$.price')
json_exists | json_exists(json, path VARCHAR) → BOOLEAN | Whether there is something at a path. | json_exists(properties, '$.coupon')
json_contains | json_contains(json, part) → BOOLEAN | Whether a document holds another, anywhere. | json_contains(tags, '"sale"')
json_keys | json_keys(json, path VARCHAR) → VARCHAR[] | The names of an object's members. | json_keys(properties)
json_type | json_type(json, path VARCHAR) → VARCHAR | OBJECT, ARRAY, VARCHAR, BIGINT, UBIGINT, DOUBLE, BOOLEAN or NULL. | json_type(properties, '$.price')
json_valid | json_valid(text) → BOOLEAN | Whether a text is JSON. | json_valid(raw_text)
json_structure | json_structure(json) → JSON | The names and types of everything in a document. | json_structure(properties)
json_array_length | json_array_length(json, path VARCHAR) → UBIGINT | How many elements an array has. | json_array_length(properties, '$.items')
json_object | json_object(name, value, …) → JSON | An object of names and values. | json_object('id', id, 'price', price)
json_array | json_array(value, …) → JSON | An array of values. | json_array(1, 'two', null)
json_quote | json_quote(value) → JSON | A value as JSON. | json_quote('text')
json_pretty | json_pretty(json) → VARCHAR | A document laid out over lines. | json_pretty(properties)
json_merge_patch | json_merge_patch(json, patch) → JSON | A document changed as the patch says; null takes members away. | json_merge_patch(properties, '{"price": null}')
json_transform | json_transform(json, structure) | A document as a value of SQL types; what doesn't fit is NULL. | json_transform(properties, '{"price": "DOUBLE"}')
json_group_array | json_group_array(value) → JSON | The values of a group as one array. | json_group_array(product)
json_group_object | json_group_object(name, value) → JSON | The names and values of a group as one object. | json_group_object(day, revenue)
json_group_structure | json_group_structure(json) → JSON | The structure that all documents of a group have together. | json_group_structure(properties)
from_json | from_json(json, structure) | A document as a value of SQL types; what doesn't fit is NULL. | from_json(properties, '{"price": "DOUBLE"}')
to_json | to_json(value) → JSON | Any value as JSON. | to_json({'a': 1})
row_to_json | row_to_json(struct) → JSON | A struct as JSON. | row_to_json({'a': 1})
current_date | current_date → DATE | Today, in UTC. | where at::date = current_date
today | today() → DATE | Today, in UTC. | today() - interval 7 day
ago | ago(interval) → TIMESTAMPTZ | So long before now. | where at > ago(interval 1 hour)
split_part | split_part(text, separator, n) → VARCHAR | The nth part of a text, from 1. | split_part('a,b,c', ',', 2)
days_in_month | days_in_month(date) → INTEGER | How many days the month of a date has. | days_in_month(current_date)
nullif | nullif(a, b) | NULL where both are equal, else the first. | nullif(total, 0)
weighted_avg | weighted_avg(value, weight) → DOUBLE | The mean of a group's values, each counted by its weight. | weighted_avg(price, quantity)
geomean | geomean(x) → DOUBLE | The geometric mean of a group's values. | geomean(ratio)
array_to_string | array_to_string(list, separator) → VARCHAR | The elements of a list as one text. | array_to_string(['a', 'b'], ', ')
`
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', signature = '', description = '', example = ''] = line.split(' | ');
      return [name, { signature, description, example }] as const;
    }),
);
