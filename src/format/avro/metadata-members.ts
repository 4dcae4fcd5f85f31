import { isUtf8 } from 'node:buffer';
import type { ColumnType } from '../../event/schema.ts';
import type { SourceColumn } from '../../sql/script.ts';
import { timeMsMax, timeMsMin } from '../envelope-sql.ts';

/** Metadata columns as members of a JSON object, without the braces. */
export function metadataMembers(
  columns: readonly SourceColumn[],
  metadata: Readonly<Record<string, unknown>>,
): string {
  const members = columns.flatMap(({ name, type, origin }) => {
    if (origin.kind !== 'metadata') return [];
    return [`${JSON.stringify(name)}:${memberText(metadata[origin.key], origin.key, type)}`];
  });
  return members.join(',');
}

function memberText(value: unknown, key: string, type: ColumnType): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'bigint') return String(value);
  // Times are milliseconds, and bytes base64, wherever a source gives them.
  if (type.kind === 'timestamp' && typeof value === 'number') {
    // A number that is no time stays one: the rules for columns reject that record alone.
    if (value < timeMsMin || value > timeMsMax) return String(value);
    return JSON.stringify(new Date(value).toISOString());
  }
  if (key === 'key' && type.kind === 'text' && typeof value === 'string') return keyText(value);
  return JSON.stringify(value);
}

function keyText(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  return isUtf8(bytes) ? JSON.stringify(bytes.toString('utf8')) : `{"bytes":"${base64}"}`;
}
