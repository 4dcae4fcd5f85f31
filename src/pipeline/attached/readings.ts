import type { AttachedReading } from '../../catalog/view.ts';
import { HeliosError } from '../../base/errors.ts';
import type { ResultColumn } from '../../engine/engine.ts';
import { duckdbType, parseDuckdbType } from '../../engine/types.ts';
import type { ColumnType, Schema } from '../../event/schema.ts';
import { commonType } from './common-type.ts';
import { type FileShape, noValue } from './file-shapes.ts';
import type { FileFormat } from './folder-listing.ts';

/** The shapes that files of a folder have, each with the URL of the first file that has it. */
export type ShapeExamples = ReadonlyMap<FileShape, string>;

export type Readings = {
  /** The columns of all files, in the order in which they first appear. */
  readonly schema: Schema;
  readonly of: (shape: FileShape) => AttachedReading;
};

/**
 * One table of files that have not all the same columns, or not of the same types. Text is read in
 * the common type. Parquet files that differ are read apart, each in its own types, and cast: read
 * together, DuckDB (1.5.5) casts the constants of conditions to the narrower type, and loses rows.
 * `unsupported_table`, with columns, types and files, where no type has all values exactly.
 */
export function readingsOf(
  location: string,
  format: FileFormat,
  examples: ShapeExamples,
): Readings {
  const columns = columnsIn(examples);
  const typed = columns.map((column) => ({ ...column, type: typeOf(format, column) }));
  const refused = typed.filter(({ type }) => type === undefined);
  if (refused.length > 0) throw mixedTypes(location, refused);
  const schema = typed.flatMap(({ name, type }) => (type === undefined ? [] : [{ name, type }]));
  const held = heldColumns(format, schema, columns);
  const known = new Map<string, AttachedReading>();
  const readings = new Map<FileShape, AttachedReading>();
  for (const shape of examples.keys()) {
    const reading: AttachedReading = { format, columns: held(shape), options: shape.options };
    const key = JSON.stringify(reading);
    known.set(key, known.get(key) ?? reading);
    readings.set(shape, known.get(key) ?? reading);
  }
  return { schema, of: (shape) => readings.get(shape) ?? { format, columns: [], options: '' } };
}

/** A column of a folder's files. */
type FolderColumn = {
  readonly name: string;
  /** DuckDB's type → a file that has the column so. */
  readonly files: ReadonlyMap<string, string>;
};

/** What text is read as where its values have nothing in common. */
const otherwise: Readonly<Record<FileFormat, ColumnType | undefined>> = {
  parquet: undefined,
  csv: { kind: 'text' },
  json: { kind: 'json' },
};

function columnsIn(examples: ShapeExamples): readonly FolderColumn[] {
  const found = new Map<string, { name: string; files: Map<string, string> }>();
  for (const [shape, url] of examples) {
    for (const { name, typeText } of shape.columns) {
      const column = found.get(name.toLowerCase()) ?? { name, files: new Map<string, string>() };
      found.set(name.toLowerCase(), column);
      if (!column.files.has(typeText)) column.files.set(typeText, url);
    }
  }
  return [...found.values()];
}

function typeOf(format: FileFormat, { name, files }: FolderColumn): ColumnType | undefined {
  const types = [...files]
    .filter(([typeText]) => typeText !== noValue)
    .map(([typeText, url]) => parsed(typeText, { name, url }));
  const [first = otherwise[format] ?? ({ kind: 'text' } as const), ...others] = types;
  return others.reduce<ColumnType | undefined>(
    (common, type) => common && commonType(common, type, otherwise[format]),
    first,
  );
}

function parsed(typeText: string, { name, url }: { name: string; url: string }): ColumnType {
  try {
    return parseDuckdbType(typeText);
  } catch (thrown) {
    throw new HeliosError(
      'unsupported_table',
      `The column ${name} of ${url} has the type ${typeText}, which Helios doesn't know.`,
      { hint: 'Write the files without it, or with another type.', cause: thrown },
    );
  }
}

/** By name and type, as each shape is read. */
type HeldColumns = (shape: FileShape) => readonly ResultColumn[];

/** Parquet files are read as they are, CSV with the columns of the header, JSON with all keys. */
function heldColumns(
  format: FileFormat,
  schema: Schema,
  columns: readonly FolderColumn[],
): HeldColumns {
  if (format === 'parquet') {
    return (shape) => shape.columns.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }
  const types = new Map(
    schema.map(({ name, type }, index) => {
      const [only, ...others] = typeTexts(columns[index]);
      const isAlike = only !== undefined && others.length === 0;
      return [name.toLowerCase(), isAlike ? only : duckdbType(type)] as const;
    }),
  );
  const typed = ({ name }: { readonly name: string }): ResultColumn => ({
    name,
    typeText: types.get(name.toLowerCase()) ?? 'VARCHAR',
  });
  if (format === 'csv') return (shape) => shape.columns.map(typed);
  // Keys are found only as they are spelled.
  return (shape) => {
    const own = new Map(shape.columns.map((column) => [column.name.toLowerCase(), column]));
    return schema.map((column) => typed(own.get(column.name.toLowerCase()) ?? column));
  };
}

function typeTexts(column: FolderColumn | undefined): readonly string[] {
  return [...(column?.files.keys() ?? [])].filter((typeText) => typeText !== noValue);
}

/** So many columns are named in the text; all are in the details. */
const namedMax = 3;

function mixedTypes(location: string, columns: readonly FolderColumn[]): HeliosError {
  const named = columns.slice(0, namedMax).map(({ name, files }) => {
    const types = [...files].map(([typeText, url]) => `${typeText} in ${url}`);
    return `${name} is ${types.join(' and ')}`;
  });
  const rest = columns.length > namedMax ? `, and ${columns.length - namedMax} more columns` : '';
  return new HeliosError(
    'unsupported_table',
    `Files of ${location} have types that no common type holds exactly: ` +
      `${named.join('; ')}${rest}.`,
    {
      hint: 'Attach folders apart whose files agree, or write the files anew with one type.',
      details: {
        columns: columns.map(({ name, files }) => ({ name, types: Object.fromEntries(files) })),
      },
    },
  );
}
