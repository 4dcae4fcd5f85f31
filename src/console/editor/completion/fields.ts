/** What is inside a nested value: a field of a STRUCT, or a member of JSON objects. */
export type Field = {
  readonly name: string;
  /** As people call it. */
  readonly type: string;
  readonly fields: readonly Field[];
};

/** More are not looked through by anybody, and objects with ids for keys have millions. */
const fieldsMax = 300;

/** The fields of `STRUCT(a BIGINT, "b c" STRUCT(…))`; none where the type has none. */
export function structFields(type: string): readonly Field[] {
  const inside = /^STRUCT\((.*)\)$/s.exec(type)?.[1];
  if (inside === undefined) return [];
  return splitAtCommas(inside).flatMap((part) => {
    const found = /^\s*("(?:[^"]|"")*"|\S+)\s+(.+?)\s*$/s.exec(part);
    if (found === null) return [];
    const [, name = '', fieldType = ''] = found;
    return [{ name: unquoted(name), type: shortened(fieldType), fields: structFields(fieldType) }];
  });
}

/** The members that `json_group_structure` found, with their types; none of what is no object. */
export function jsonFields(structure: string): readonly Field[] {
  try {
    return membersOf(JSON.parse(structure));
  } catch {
    // A value that is cut, or no JSON: then nothing is known.
    return [];
  }
}

/** What lies at the end of a path of names; undefined where nothing is known of it. */
export function fieldsAt(
  fields: readonly Field[],
  path: readonly string[],
): readonly Field[] | undefined {
  let here: readonly Field[] | undefined = fields;
  for (const name of path) here = here?.find((field) => field.name === name)?.fields;
  return here;
}

function membersOf(structure: unknown): readonly Field[] {
  if (typeof structure !== 'object' || structure === null || Array.isArray(structure)) return [];
  return Object.entries(structure)
    .slice(0, fieldsMax)
    .map(([name, inner]) => ({ name, type: jsonTypeName(inner), fields: membersOf(inner) }));
}

function jsonTypeName(structure: unknown): string {
  if (Array.isArray(structure)) return 'array';
  if (typeof structure === 'object') return 'object';
  return String(structure).toLowerCase();
}

/** Commas within parentheses and quoted names are not between fields. */
function splitAtCommas(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { index, 0: token } of text.matchAll(/"(?:[^"]|"")*"|[(),]/g)) {
    if (token === '(') depth++;
    if (token === ')') depth--;
    if (token !== ',' || depth > 0) continue;
    parts.push(text.slice(start, index));
    start = index + 1;
  }
  return [...parts, text.slice(start)];
}

function shortened(type: string): string {
  return type.startsWith('STRUCT(') ? type.replace(/\(.*\)/s, '') : type;
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
