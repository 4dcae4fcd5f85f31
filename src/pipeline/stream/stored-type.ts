/**
 * DuckDB's types of which Parquet files, as DuckDB writes them, don't keep the value: whole numbers
 * of 128 bits become floats, intervals lose their microseconds, times their offset.
 */
const unkept = 'U?HUGEINT|BIGNUM|VARINT|BIT|TIME WITH TIME ZONE|INTERVAL';
/** As DuckDB prints types: a type is followed by these, a field's name by a space. */
const pattern = new RegExp(String.raw`"(?:[^"]|"")*"|\b(?:${unkept})(?=[\]\[,)]|$)`, 'g');

/** The type as which a Parquet file keeps a value exactly; a cast back gives it again. */
export function storedType(typeText: string): string {
  return typeText.replace(pattern, (found) => (found.startsWith('"') ? found : 'VARCHAR'));
}
