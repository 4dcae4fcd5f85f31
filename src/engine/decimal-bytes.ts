/**
 * SQL whose value is a decimal as Kafka Connect has it: its digits as one whole number in two's
 * complement, the highest byte first and no more of them than needed, in base64. NULL for NULL.
 */
export function decimalBytesSql(expression: string): string {
  const digits = `replace((${expression})::VARCHAR, '.', '')::HUGEINT`;
  // 17 bytes hold the sign of a number that fills sixteen.
  const positive = `lpad(hex(${digits}), 34, '0')`;
  const negative = `lpad(hex(${digits}), 34, 'F')`;
  const bytes = `CASE WHEN (${expression}) < 0
    THEN regexp_replace(${negative}, '^(?:FF)*([89A-F].)', '\\1')
    ELSE regexp_replace(${positive}, '^(?:00)*([0-7].)', '\\1') END`.replaceAll(/\s+/g, ' ');
  return `to_base64(unhex(${bytes}))`;
}
