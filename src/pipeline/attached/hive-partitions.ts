import { HeliosError } from '../../base/errors.ts';
import type { PartitionValues } from '../../delta/delta.ts';
import type { ColumnType, Schema } from '../../event/schema.ts';

export type HivePartitions = {
  readonly columns: Schema;
  /** Of the file of the same place in the list. */
  readonly values: readonly PartitionValues[];
};

/** How Hive, Spark and others write NULL as a folder's name. */
const nullName = '__HIVE_DEFAULT_PARTITION__';

/**
 * Columns that the names of folders give (`year=2024/month=01/`), by the paths of files below an
 * attached folder. A column is BIGINT or DATE where all its values are, else text, as it also is
 * where the files have it as text. Refuses files that lie in folders of other columns than the
 * rest: `unsupported_table`.
 */
export function hivePartitions(
  location: string,
  paths: readonly string[],
  inFiles: Schema,
): HivePartitions {
  const found = paths.map(foldersOf);
  const [first = []] = found;
  for (const [index, folders] of found.entries()) {
    const isAlike = folders.map(nameOf).join('/') === first.map(nameOf).join('/');
    if (!isAlike) throw unlike(location, [paths[0] ?? '', paths[index] ?? '']);
  }
  const names = first.map(nameOf);
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) {
    throw doubled(location, paths[0] ?? '');
  }
  const columns = names.map((name, place) => {
    const known = inFiles.find((column) => column.name.toLowerCase() === name.toLowerCase());
    const isText = known?.type.kind === 'text';
    const values = found.map((folders) => folders[place]?.value ?? null);
    return { name, type: isText ? known.type : typeOf(values) };
  });
  const values = found.map((folders) =>
    Object.fromEntries(
      columns.map(({ name, type }, place) => [name, printed(folders[place]?.value ?? null, type)]),
    ),
  );
  return { columns, values };
}

type Folder = { readonly name: string; readonly value: string | null };

function foldersOf(path: string): readonly Folder[] {
  return path
    .split('/')
    .slice(0, -1)
    .flatMap((part) => {
      const at = part.indexOf('=');
      if (at <= 0) return [];
      const value = part.slice(at + 1);
      const isNull = value === nullName || value === '';
      return [{ name: decoded(part.slice(0, at)), value: isNull ? null : decoded(value) }];
    });
}

/** A `%` that begins no escape is one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll(/%(?![0-9A-Fa-f]{2})/g, '%25'));
  } catch {
    // Bytes that are no UTF-8.
    return text;
  }
}

function nameOf({ name }: Folder): string {
  return name;
}

function typeOf(values: readonly (string | null)[]): ColumnType {
  const some = values.filter((value) => value !== null);
  if (some.length > 0 && some.every(isInteger)) {
    return { kind: 'integer', bits: 64, isUnsigned: false };
  }
  return some.length > 0 && some.every(isDate) ? { kind: 'date' } : { kind: 'text' };
}

function isInteger(text: string): boolean {
  return /^-?\d{1,18}$/.test(text);
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function printed(value: string | null, type: ColumnType): string | null {
  return value === null || type.kind !== 'integer' ? value : String(BigInt(value));
}

function unlike(location: string, [first, other]: readonly [string, string]): HeliosError {
  return new HeliosError(
    'unsupported_table',
    `The folders of ${location} don't name the same columns: ${first} and ${other}.`,
    { hint: 'Attach a folder below which all files lie in folders of the same names.' },
  );
}

function doubled(location: string, path: string): HeliosError {
  return new HeliosError(
    'unsupported_table',
    `The folders of ${location} name a column twice: ${path}.`,
    { hint: 'Attach one of the folders below it.' },
  );
}
