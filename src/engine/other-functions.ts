/**
 * Functions that scripts written for Arroyo or other engines use and that DuckDB has under another
 * name, or as an operator: what to write here, by example. DuckDB's own guess goes by letters.
 */
export const otherFunctions: ReadonlyMap<string, string> = new Map([
  ['json_get', `j -> 'key'`],
  ['json_get_json', `j -> 'key'`],
  ['json_get_str', `j ->> 'key'`],
  ['json_get_int', `(j ->> 'key')::BIGINT`],
  ['json_get_float', `(j ->> 'key')::DOUBLE`],
  ['json_get_bool', `(j ->> 'key')::BOOLEAN`],
  ['json_as_text', `j ->> 'key'`],
  ['json_length', 'json_array_length(j)'],
  ['json_object_keys', 'json_keys(j)'],
  ['extract_json', `j -> '$.key[*]'`],
  ['extract_json_string', `j ->> '$.key'`],
  ['get_first_json_object', `j -> '$.key'`],
  ['get_json_object', `j ->> '$.key'`],
  ['parse_json', 'text::JSON'],
  ['from_unixtime', 'to_timestamp(n)'],
  ['to_timestamp_seconds', 'to_timestamp(n)'],
  ['to_timestamp_millis', 'epoch_ms(n)'],
  ['to_timestamp_micros', 'make_timestamp(n)'],
  ['to_timestamp_nanos', 'make_timestamp_ns(n)'],
  ['to_unixtime', 'epoch(ts)::BIGINT'],
  ['to_local_time', `ts AT TIME ZONE 'Europe/Berlin'`],
  ['date_bin', `time_bucket(INTERVAL '5 minutes', ts)`],
  ['date_format', `strftime(ts, '%Y-%m-%d')`],
  ['to_char', `strftime(ts, '%Y-%m-%d')`],
  ['to_date', `strptime(t, '%Y-%m-%d')::DATE`],
  ['regexp_like', `regexp_matches(t, 'a.c')`],
  ['regexp_match', `regexp_extract(t, 'a(.)c', 1)`],
  ['regexp_count', `len(regexp_extract_all(t, 'a.c'))`],
  ['btrim', 'trim(t)'],
  ['digest', 'sha256(t)'],
  ['nvl', 'coalesce(x, n)'],
  ['nvl2', 'CASE WHEN x IS NOT NULL THEN n ELSE 0 END'],
  ['nanvl', 'CASE WHEN isnan(x) THEN n ELSE x END'],
  ['iszero', 'x = 0'],
  ['arrow_cast', 'CAST(x AS BIGINT)'],
  ['arrow_typeof', 'typeof(x)'],
  ['approx_distinct', 'approx_count_distinct(x)'],
  ['approx_median', 'approx_quantile(x, 0.5)'],
  ['approx_percentile_cont', 'approx_quantile(x, 0.5)'],
  ['percentile_cont', 'quantile_cont(x, 0.5)'],
  ['var', 'var_samp(x)'],
  ['named_struct', `{'name': x}`],
  ['make_map', `MAP {'name': x}`],
  ['array_element', 'list[1]'],
  ['array_min', 'list_min(list)'],
  ['array_max', 'list_max(list)'],
  ['array_join', `array_to_string(list, ',')`],
  ['list_join', `array_to_string(list, ',')`],
  ['list_length', 'len(list)'],
  ['array_remove', 'list_filter(list, lambda item: item <> 1)'],
  ['array_union', 'list_distinct(list_concat(list, list))'],
]);

/** What to write in place of a function that only other engines have. */
export function otherFunctionHint(name: string): string | undefined {
  const instead = otherFunctions.get(name.toLowerCase());
  return instead === undefined ? undefined : `Write ${instead} for ${name}(…).`;
}
