/**
 * A select list that tells the rows of shop events from almost any others, as one text: how many,
 * and something of each column.
 */
export const fingerprint: string = `concat_ws(' ', count(*), sum(id), sum(epoch_ms(seen_at)),
  sum(length(type) + length(user_id) + length(session_id) + length(page)),
  sum(length(product_id) + length(app_version)), CAST(sum(round(price * 100)) AS BIGINT),
  sum(quantity), count(campaign), count(*) FILTER (WHERE is_member))`;
