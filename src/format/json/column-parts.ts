import { quoteName, quoteText } from '../../engine/types.ts';
import type { ColumnType } from '../../event/schema.ts';
import type { SourceColumn } from '../../sql/script.ts';

/**
 * A value that is read and checked by itself: a column's, or that of a member of a struct, however
 * deep. A struct's members are parts of their own, so that its JSON text is taken apart once, and
 * each member costs what a column of its type costs.
 */
export type Part = {
  /** What its names end in: `3` of a column, `3_1` of the second member of that column. */
  readonly id: string;
  /** The column's number. */
  readonly column: number;
  /** Names of the members that lead to it, from the column on. */
  readonly path: readonly string[];
  readonly type: ColumnType;
  /** Parts of a struct, in its order; none of anything else. */
  readonly members: readonly Part[];
};

/**
 * How a JSON value is read: `plain` gives a string's content or a token, and of a struct its
 * members; `json` its JSON text.
 */
export type Reading = 'plain' | 'json';

/** By the parts' ids. */
export type Readings = ReadonlyMap<string, Reading>;

/** The columns' parts, of a struct after it, in the order in which faults are looked for. */
export function partsOf(columns: readonly SourceColumn[]): readonly Part[] {
  return columns.flatMap(({ type }, column) =>
    withMembers(partOf({ id: String(column), column, path: [], type })),
  );
}

function partOf(part: Omit<Part, 'members'>): Part {
  const { id, column, path, type } = part;
  const fields = type.kind === 'struct' ? type.fields : [];
  const members = fields.map((field, index) =>
    partOf({ id: `${id}_${index}`, column, path: [...path, field.name], type: field.type }),
  );
  return { ...part, members };
}

function withMembers(part: Part): readonly Part[] {
  return [part, ...part.members.flatMap(withMembers)];
}

/** The type that a reader gives a part in, its members in theirs. */
export function readType(part: Part, readings: Readings): string {
  if (readings.get(part.id) !== 'plain') return 'JSON';
  if (part.members.length === 0) return 'VARCHAR';
  const members = part.members.map(
    (member) => `${quoteName(nameOf(member))} ${readType(member, readings)}`,
  );
  return `STRUCT(${members.join(', ')})`;
}

/**
 * A SELECT that adds to `select` the raw values of all members of structs: `r3_1` and so on, where
 * it yields the columns' as `r3`. The text of a struct that is read as JSON becomes members in a
 * layer of its own, so that it is parsed once.
 */
export function withMemberValues(
  select: string,
  parts: readonly Part[],
  readings: Readings,
): string {
  const structs = parts.filter(({ members }) => members.length > 0);
  const depth = Math.max(-1, ...structs.map(({ path }) => path.length));
  let all = select;
  for (let level = 0; level <= depth; level++) {
    const here = structs.filter(({ path }) => path.length === level);
    const texts = here.filter(({ id }) => readings.get(id) !== 'plain');
    const opened = texts.map((part) => `${membersOf(part, readings)} AS m${part.id}`);
    const members = here.flatMap((part) => {
      const from = `${texts.includes(part) ? 'm' : 'r'}${part.id}`;
      return part.members.map(
        (member) => `struct_extract(${from}, ${quoteText(nameOf(member))}) AS r${member.id}`,
      );
    });
    if (opened.length > 0) all = `SELECT *, ${opened.join(', ')} FROM (${all})`;
    all = `SELECT *, ${members.join(', ')} FROM (${all})`;
  }
  return all;
}

/** Members that are structs are read as texts here: nothing else shows what is none. */
function membersOf({ id, members }: Part, readings: Readings): string {
  const shape = members.map((member) => [nameOf(member), readType(member, readings)] as const);
  return `json_transform(r${id}, ${quoteText(JSON.stringify(Object.fromEntries(shape)))})`;
}

/** The value of a struct from those of its parts; a part without members has a column `v`. */
export function valueOf(part: Part): string {
  if (part.members.length === 0) return `v${part.id}`;
  const members = part.members.map(
    (member) => `${quoteName(nameOf(member))} := ${valueOf(member)}`,
  );
  return `CASE WHEN r${part.id} IS NOT NULL THEN struct_pack(${members.join(', ')}) END`;
}

/** A part's value in a row that has its column as `column`. */
export function valueIn(column: string, { path }: Part): string {
  return path.reduce((value, name) => `struct_extract(${value}, ${quoteText(name)})`, column);
}

function nameOf({ path }: Part): string {
  return path.at(-1) ?? '';
}
