import { sqlName, sqlTableName, sqlTokens } from './sql-text.ts';

/** A table, as far as completion knows it. */
export type KnownTable = {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
};

export type Suggestion = {
  readonly label: string;
  /** What is written, where it differs from the label. */
  readonly apply: string;
  readonly detail: string;
  readonly kind: 'column' | 'table';
};

/**
 * Columns and tables that may stand behind `before`, the statement up to the word that is being
 * written: behind `name.` only the columns of that table or alias, anywhere else the columns of the
 * statement's tables, and all tables.
 */
export function suggestions(
  statement: string,
  before: string,
  tables: readonly KnownTable[],
): readonly Suggestion[] {
  const scope = scopeOf(statement, tables);
  const qualifier = /(?:^|[^\w"])("[^"]+"|\w+)\.$/.exec(before)?.[1];
  if (qualifier !== undefined) {
    const name = unquoted(qualifier);
    const table = scope.get(name) ?? tables.find((one) => one.name === name);
    if (table !== undefined) return columnsOf(table);
    return tables
      .filter((one) => one.name.startsWith(`${name}.`))
      .map((one) => inSchema(one, name));
  }
  const columns = [...new Set(scope.values())].flatMap(columnsOf);
  return [...columns, ...tables.map(tableSuggestion)];
}

/** Tables of a statement by the names that they have in it. */
export function scopeOf(
  statement: string,
  tables: readonly KnownTable[],
): ReadonlyMap<string, KnownTable> {
  const words = sqlTokens(statement)
    .filter(({ kind }) => kind !== 'space' && kind !== 'comment')
    .map(({ start, end }) => statement.slice(start, end));
  const scope = new Map<string, KnownTable>();
  for (let at = 0; at < words.length; at++) {
    if (!/^(from|join|,)$/i.test(words[at] ?? '')) continue;
    const { name, next } = nameAt(words, at + 1);
    const table = tables.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (table === undefined) continue;
    const aliasAt = /^as$/i.test(words[next] ?? '') ? next + 1 : next;
    const alias = words[aliasAt] ?? '';
    scope.set(isAlias(alias) ? unquoted(alias) : table.name, table);
  }
  return scope;
}

function nameAt(words: readonly string[], at: number): { name: string; next: number } {
  const first = unquoted(words[at] ?? '');
  if (words[at + 1] !== '.') return { name: first, next: at + 1 };
  return { name: `${first}.${unquoted(words[at + 2] ?? '')}`, next: at + 3 };
}

function isAlias(word: string): boolean {
  return /^("|[\p{L}_])/u.test(word) && !clauses.has(word.toLowerCase());
}

const clauses: ReadonlySet<string> = new Set(
  (
    'where group order having limit offset join left right full inner outer cross natural on ' +
    'using union except intersect qualify window asof positional tablesample at'
  ).split(' '),
);

function columnsOf(table: KnownTable): readonly Suggestion[] {
  return table.columns.map(({ name, type }) => ({
    label: name,
    apply: sqlName(name),
    detail: type,
    kind: 'column',
  }));
}

function tableSuggestion({ name }: KnownTable): Suggestion {
  return { label: name, apply: sqlTableName(name), detail: 'table', kind: 'table' };
}

function inSchema({ name }: KnownTable, schema: string): Suggestion {
  const label = name.slice(schema.length + 1);
  return { label, apply: sqlName(label), detail: 'table', kind: 'table' };
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
