import { type KnownTable, scopeOf } from '../completion-scope.ts';
import { sqlTokens } from '../sql-text.ts';

/** A path into a nested value that is being written: `e.props->'a'->>'b`, `place.city.na`. */
export type NestedPath = {
  readonly table: string;
  readonly column: string;
  /** Of the column. */
  readonly type: string;
  /** The names that are written already. */
  readonly path: readonly string[];
  /** How the name that is being written was begun. */
  readonly opener: 'dot' | 'text arrow' | 'json arrow';
  /** How many characters of it are there. */
  readonly written: number;
};

/**
 * The path that `before`, the statement up to the cursor, ends with; undefined where it ends with
 * none, or with names that lead to no column.
 */
export function nestedPathAt(
  statement: string,
  before: string,
  tables: readonly KnownTable[],
): NestedPath | undefined {
  const found = pathPattern.exec(before);
  if (found === null) return undefined;
  const [, base = '', sign = '', word = ''] = found;
  const last = sqlTokens(before).at(-1)?.kind;
  if (last === 'comment' || (sign === '.' && last === 'text')) return undefined;
  if (sign === '.' && !/^[\p{L}\p{N}_$]*$/u.test(word)) return undefined;
  const names = [...base.matchAll(namePattern)].map(([, quoted, plain, key]) =>
    quoted === undefined
      ? (plain ?? key?.replaceAll("''", "'") ?? '')
      : quoted.replaceAll('""', '"'),
  );
  const start = columnOf(names, scopeOf(statement, tables));
  if (start === undefined) return undefined;
  const opener = sign === '.' ? 'dot' : sign.startsWith('->>') ? 'text arrow' : 'json arrow';
  return { ...start, opener, written: word.length };
}

const name = String.raw`(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)`;
const step = String.raw`(?:\.${name}|\s*->>?\s*'(?:[^']|'')*')`;
const pathPattern = new RegExp(String.raw`(${name}${step}*)(\.|\s*->>?\s*')([^'"\n]*)$`, 'u');
const namePattern = /"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*)|'((?:[^']|'')*)'/gu;

type Start = Pick<NestedPath, 'table' | 'column' | 'type' | 'path'>;

/** The first name is a column's, or a table's with the column's behind it. */
function columnOf(
  [first = '', second, ...rest]: readonly string[],
  scope: ReadonlyMap<string, KnownTable>,
): Start | undefined {
  const aliased = scope.get(first);
  if (aliased !== undefined) {
    return second === undefined ? undefined : startAt([aliased], second, rest);
  }
  const path = second === undefined ? [] : [second, ...rest];
  return startAt([...new Set(scope.values())], first, path);
}

function startAt(
  tables: readonly KnownTable[],
  column: string,
  path: readonly string[],
): Start | undefined {
  for (const table of tables) {
    const found = table.columns.find((one) => one.name.toLowerCase() === column.toLowerCase());
    if (found !== undefined) {
      return { table: table.name, column: found.name, type: found.type, path };
    }
  }
  return undefined;
}
