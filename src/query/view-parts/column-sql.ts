import type { PartitionValues } from '../../delta/delta.ts';
import { partitionValueSql } from '../../delta/partition-value.ts';
import { duckdbType, quoteName, quoteText } from '../../engine/types.ts';
import type { Column } from '../../event/schema.ts';

/** A column of a scan in the type that the table has. */
export function castColumn(column: Column): string {
  const name = quoteName(column.name);
  return `CAST(${name} AS ${duckdbType(column.type)}) AS ${name}`;
}

export function nullColumn({ name, type }: Column): string {
  return `CAST(NULL AS ${duckdbType(type)}) AS ${quoteName(name)}`;
}

/** Of files in folders `helios_partition=N`, the Nth of the values. */
export function partitionColumn(
  column: Column,
  partitions: readonly (PartitionValues | undefined)[],
): string {
  const values = partitions.map((one) => partitionValueSql(column, one?.[column.name] ?? null));
  // List positions count from 1.
  const value = `list_extract([${values.join(', ')}], helios_partition + 1)`;
  return `${value} AS ${quoteName(column.name)}`;
}

/** An argument of DuckDB's readers: whether files lie in folders `helios_partition=N`. */
export function numberedFolders(isPartitioned: boolean): string {
  const folders = isPartitioned ? "true, hive_types => {'helios_partition': BIGINT}" : 'false';
  return `hive_partitioning => ${folders}`;
}

/**
 * The same value, past which DuckDB hands no condition to the scan. There it would cast the
 * constant to the narrower type that a file has: `f > 0.1` would not find a FLOAT of 0.1, which is
 * more, nor `x < 5.4` an INTEGER of 5.
 */
export function unpushed(value: string): string {
  return `CASE WHEN ${value} IS NOT NULL THEN ${value} END`;
}

export function pathList(paths: readonly string[]): string {
  return `[${paths.map(quoteText).join(', ')}]`;
}
