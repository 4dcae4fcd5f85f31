import type { DescriptionAnswer, VersionAnswer } from '../../server/care/care-api.ts';
import { byteText, durationText, groupDigits } from '../render/numbers.ts';
import type { TableColumn } from '../render/table.ts';

/** Versions as a table. */
export function historyRows(versions: readonly VersionAnswer[]): {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly unknown[])[];
} {
  return {
    columns: [
      { name: 'version', type: 'BIGINT' },
      { name: 'time' },
      { name: 'operation' },
      { name: 'files +', type: 'BIGINT' },
      { name: 'files -', type: 'BIGINT' },
      { name: 'rows +', type: 'BIGINT' },
      { name: 'bytes +', type: 'BIGINT' },
      { name: 'by' },
      { name: 'parameters' },
    ],
    rows: versions.map((version) => [
      String(version.version),
      version.timestamp,
      operationText(version),
      groupDigits(version.files_added),
      groupDigits(version.files_removed),
      version.rows_added === undefined ? '?' : groupDigits(version.rows_added),
      byteText(version.bytes_added),
      version.engine ?? '',
      parametersText(version.parameters),
    ]),
  };
}

/** What is said of a table below its columns. */
export function describeLines(table: DescriptionAnswer): readonly string[] {
  const rows = table.rows === undefined ? '' : `${groupDigits(table.rows)} rows, `;
  const partitions =
    table.partition_columns.length === 0
      ? 'not partitioned'
      : `${groupDigits(table.partitions)} partitions by ${table.partition_columns.join(', ')}`;
  const properties = Object.entries(table.properties).map(([key, value]) => `${key} = ${value}`);
  const small =
    table.small_files === undefined
      ? ''
      : ` (${groupDigits(table.small_files)} of them small: under half of ` +
        `${byteText(table.target_bytes ?? 0)})`;
  return [
    `${table.name}, version ${table.version}, at ${table.location}`,
    `id ${table.id}, Delta protocol (${table.min_reader_version}, ${table.min_writer_version})`,
    `${rows}${byteText(table.bytes)} in ${groupDigits(table.files)} files${small}, ${partitions}`,
    `files that were let go stay ${durationText(table.retention_ms)}`,
    table.fed_by.length === 0 ? 'no pipeline writes to it' : `fed by ${table.fed_by.join(', ')}`,
    table.cared_for ? 'Helios takes care of it' : 'attached: somebody else takes care of it',
    ...(properties.length === 0 ? [] : [`properties: ${properties.join(', ')}`]),
  ];
}

function operationText(version: VersionAnswer): string {
  const operation = version.operation ?? 'unknown';
  return version.columns_changed && version.version > 0 ? `${operation}, columns` : operation;
}

function parametersText(parameters: VersionAnswer['parameters']): string {
  return Object.entries(parameters)
    .filter(([, value]) => value !== '' && value !== '[]')
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}
