import type { ParquetOptions } from '../sql/script.ts';

/**
 * DuckDB counts a row group in rows while it keeps their order; an event's row is about this long.
 */
const rowBytesTypical = 128;
const rowGroupRowsMin = 2048;

/** Options of a COPY that makes a Parquet file as its table asks. */
export function parquetCopyOptions(parquet: ParquetOptions): string {
  const { compression, compressionLevel, rowGroupBytes } = parquet;
  const options = ['FORMAT parquet', `COMPRESSION ${compression}`];
  if (compressionLevel !== undefined) options.push(`COMPRESSION_LEVEL ${compressionLevel}`);
  if (rowGroupBytes !== undefined) {
    const rows = Math.round(rowGroupBytes / rowBytesTypical);
    options.push(`ROW_GROUP_SIZE ${Math.max(rows, rowGroupRowsMin)}`);
  }
  return options.join(', ');
}
