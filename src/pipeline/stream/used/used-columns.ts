import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { HeliosError } from '../../../base/errors.ts';
import type { Connection } from '../../../engine/engine.ts';
import { duckdbType, quoteName, quoteText } from '../../../engine/types.ts';
import type { ColumnType } from '../../../event/schema.ts';
import type { SourceColumn, SourceTable } from '../../../sql/script.ts';
import type { PartStore } from '../../epoch/part-store.ts';

/** What statements read of a source's columns, by the columns' places; of structs, by members. */
export type UsedColumns = ReadonlyMap<number, 'all' | ReadonlySet<string>>;

/** A statement over sources. */
export type SourceReader = {
  readonly sources: readonly SourceTable[];
  /**
   * Its SQL over these SELECTs of the sources' columns, by name; undefined where it reads more than
   * sources, so that what it needs of them may be another tomorrow.
   */
  readonly text: ((relations: ReadonlyMap<string, string>) => string) | undefined;
};

/**
 * Which columns all these statements need, by source; of a source that isn't there, all. DuckDB
 * plans each over a reader that says what is asked of it, and of which no statistics are known: a
 * column that such a plan leaves out can't matter, whatever it holds.
 */
export async function findUsedColumns(
  { connection, parts }: { readonly connection: Connection; readonly parts: PartStore },
  readers: readonly SourceReader[],
): Promise<ReadonlyMap<string, UsedColumns>> {
  const all = [...new Set(readers.flatMap(({ sources }) => sources))];
  // The reader wants to see a file, of which it reads nothing.
  const path = parts.path(`${randomUUID()}.json`);
  await writeFile(path, '');
  try {
    const relations = new Map(
      all.map((source, number) => [source.name, standIn(source, number, path)]),
    );
    const used = new Map(all.map((source) => [source.name, generatedColumns(source)]));
    for (const { sources, text } of readers) {
      const asked = text && (await projections(connection, text(relations)));
      for (const source of sources) {
        const known = used.get(source.name);
        if (asked === undefined) used.delete(source.name);
        else if (known !== undefined) addUsed(known, source, asked, all.indexOf(source));
      }
    }
    return used;
  } finally {
    await rm(path, { force: true });
  }
}

type Used = Map<number, 'all' | ReadonlySet<string>>;

/** Computed of each record, whoever reads them: where that fails, the record is rejected. */
function generatedColumns({ columns }: SourceTable): Used {
  const generated = [...columns.entries()].filter(([, { origin }]) => origin.kind === 'generated');
  return new Map(generated.map(([place]) => [place, 'all'] as const));
}

/** What is stored of a source's columns, as the beginning of a select list. */
export function storedColumns({ columns }: SourceTable, used: UsedColumns | undefined): string {
  if (used === undefined) return '*, ';
  return columns.map((column, place) => storedColumn(column, used.get(place))).join('');
}

function storedColumn({ name, type }: SourceColumn, use: Use): string {
  const column = quoteName(name);
  if (use === undefined) return '';
  if (use === 'all' || type.kind !== 'struct') return `${column}, `;
  const members = type.fields.map((field) => {
    const value = use.has(field.name)
      ? `struct_extract(${column}, ${quoteText(field.name)})`
      : `NULL::${duckdbType(field.type)}`;
    return `${quoteName(field.name)} := ${value}`;
  });
  const value = `struct_pack(${members.join(', ')})`;
  return `CASE WHEN ${column} IS NOT NULL THEN ${value} END AS ${column}, `;
}

/** A select list of all columns over what was stored. */
export function givenColumns({ columns }: SourceTable, used: UsedColumns | undefined): string {
  return columns
    .map(({ name, type }, place) =>
      used === undefined || used.has(place)
        ? quoteName(name)
        : `NULL::${duckdbType(type)} AS ${quoteName(name)}`,
    )
    .join(', ');
}

type Use = 'all' | ReadonlySet<string> | undefined;

/** Names that no script's column has, so that they can be told from anything else in a plan. */
function standIn({ columns }: SourceTable, number: number, path: string): string {
  const types = columns.map(({ type }, place) => {
    return `${standInName(number, place)}: ${quoteText(duckdbType(type))}`;
  });
  const named = columns.map(
    ({ name, type }, place) =>
      `${standInName(number, place)}::${duckdbType(type)} AS ${quoteName(name)}`,
  );
  return `SELECT ${named.join(', ')} FROM read_json(${quoteText(path)},
    format = 'newline_delimited', columns = {${types.join(', ')}})`;
}

function standInName(source: number, column: number): string {
  return `helios_${source}_${column}`;
}

/** What a statement's plan asks of the readers; undefined where it can't be known. */
async function projections(
  connection: Connection,
  select: string,
): Promise<readonly string[] | undefined> {
  try {
    const [row] = await connection.rows(`EXPLAIN (FORMAT json) ${select}`);
    return projected(JSON.parse(String(row?.['explain_value'])));
  } catch (thrown) {
    // Where the SQL is at fault, whoever runs it says so.
    if (thrown instanceof HeliosError) return undefined;
    throw thrown;
  }
}

/** The names in a plan's readings, in DuckDB's spelling: `column` or `column.member`. */
function projected(plan: unknown): readonly string[] | undefined {
  if (Array.isArray(plan)) {
    const found = plan.map(projected);
    return found.includes(undefined) ? undefined : found.flatMap((names) => names ?? []);
  }
  if (!isObject(plan)) return undefined;
  const { children, extra_info: info } = plan;
  const below = projected(children ?? []);
  if (below === undefined || !isObject(info)) return undefined;
  if (info['Function'] !== 'READ_JSON') return below;
  const names = info['Projections'];
  if (typeof names === 'string') return [...below, names];
  if (!Array.isArray(names)) return undefined;
  return [...below, ...names.map(String)];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function addUsed(used: Used, source: SourceTable, names: readonly string[], number: number): void {
  for (const [place, { type }] of source.columns.entries()) {
    const column = standInName(number, place);
    const known = used.get(place);
    const members = names.flatMap((name) =>
      name.startsWith(`${column}.`) ? [memberOf(type, name.slice(column.length + 1))] : [],
    );
    const isWhole = known === 'all' || names.includes(column) || members.includes(undefined);
    if (isWhole) used.set(place, 'all');
    else if (members.length > 0) {
      const found = members.filter((member) => member !== undefined);
      used.set(place, new Set([...(known ?? []), ...found]));
    }
  }
}

/** The member that a path begins with; undefined where it isn't clear. */
function memberOf(type: ColumnType, path: string): string | undefined {
  if (type.kind !== 'struct') return undefined;
  const found = type.fields.filter(({ name }) => path === name || path.startsWith(`${name}.`));
  return found.length === 1 ? found[0]?.name : undefined;
}
