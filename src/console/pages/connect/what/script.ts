import type { DraftAnswerDocument } from '../../../../server/discovery/discovery-answers.ts';
import { sqlName } from '../../../editor/sql-text.ts';
import type { TableDraft } from '../draft/draft.ts';

/** What the server drafted: a source, a table, and an INSERT between them. */
export type Drafted = Pick<DraftAnswerDocument, 'table' | 'sql' | 'columns'>;

/** A column as it is now: of the draft, with what was changed. */
export type ScriptColumn = {
  /** The field of the events. */
  readonly field: string;
  readonly name: string;
  readonly type: string;
  readonly isOn: boolean;
};

/** The columns of a draft with the edits of a person. */
export function columnsOf(drafted: Drafted, edits: TableDraft['columns']): readonly ScriptColumn[] {
  const names = outputNames(drafted);
  return drafted.columns.map(({ name: field, type }, index) => {
    const edit = edits[field] ?? {};
    const name = edit.name?.trim() ?? '';
    return {
      field,
      name: name === '' ? (names[index] ?? field) : name,
      type: edit.type?.trim() || type,
      isOn: edit.isOff !== true,
    };
  });
}

/** The draft's script with what was chosen: names, types, start, folder. */
export function scriptOf(drafted: Drafted, table: TableDraft): string {
  const parts = partsOf(drafted.sql);
  const name = table.name?.trim() || drafted.table;
  const source = sqlName(`${name}_stream`);
  const columns = columnsOf(drafted, table.columns).filter(({ isOn }) => isOn);
  const hasColumns = drafted.columns.length > 0;
  const body = hasColumns ? bodyOf(drafted, columns, parts) : parts.body.join('\n');
  return [
    `CREATE TABLE ${source} (`,
    body,
    ...parts.offered,
    ') WITH (',
    parts.source.map((line) => withOffset(line, table.offset)).join('\n'),
    ');',
    '',
    `CREATE TABLE ${sqlName(name)} WITH (`,
    sinkOptions(parts.sink, { drafted: drafted.table, name, table }),
    ');',
    '',
    `INSERT INTO ${sqlName(name)}`,
    hasColumns ? `SELECT ${columns.map(selected).join(', ')}` : parts.select,
    `FROM ${source};`,
    '',
  ].join('\n');
}

/** Where the draft's table would be, by the name it has now. */
export function usualPath(drafted: Drafted, name: string): string {
  const line = partsOf(drafted.sql).sink.find((one) => one.trimStart().startsWith('path ='));
  const path = /'(.*)'/.exec(line ?? '')?.[1]?.replaceAll("''", "'") ?? '';
  return path.endsWith(drafted.table) ? path.slice(0, -drafted.table.length) + name : path;
}

function selected({ field, name }: ScriptColumn): string {
  return field === name ? sqlName(field) : `${sqlName(field)} AS ${sqlName(name)}`;
}

type Parts = {
  readonly body: readonly string[];
  readonly offered: readonly string[];
  readonly source: readonly string[];
  readonly sink: readonly string[];
  readonly select: string;
};

/** The server writes each option and each column on a line of its own. */
function partsOf(sql: string): Parts {
  const lines = sql.split('\n');
  const options = lines.indexOf(') WITH (');
  const sourceEnd = lines.indexOf(');', options);
  const sinkEnd = lines.indexOf(');', sourceEnd + 1);
  const inside = lines.slice(1, options);
  return {
    body: inside.filter((line) => !line.startsWith('  -- ')),
    offered: inside.filter((line) => line.startsWith('  -- ')),
    source: lines.slice(options + 1, sourceEnd),
    sink: lines.slice(sourceEnd + 3, sinkEnd),
    select: lines.find((line) => line.startsWith('SELECT ')) ?? '',
  };
}

function bodyOf(drafted: Drafted, columns: readonly ScriptColumn[], parts: Parts): string {
  const comments = new Map(
    drafted.columns.map(({ name, type }, index) => {
      // What was said of a type holds no longer where it is another.
      const isSame = columns.some((one) => one.field === name && one.type === type);
      const start = isSame ? `  ${sqlName(name)} ${type}` : '\n';
      const line = parts.body[index] ?? '';
      const rest = line.startsWith(start) ? line.slice(start.length) : '';
      return [name, rest.replace(/^,?\s*/, '')] as const;
    }),
  );
  const texts = columns.map(
    ({ field, type }, index) =>
      `  ${sqlName(field)} ${type}${index < columns.length - 1 ? ',' : ''}`,
  );
  const width = Math.min(Math.max(0, ...texts.map((text) => text.length)), commentColumnMax);
  return texts
    .map((text, index) => {
      const comment = comments.get(columns[index]?.field ?? '') ?? '';
      return comment === '' ? text : `${text.padEnd(width)}  ${comment}`;
    })
    .join('\n');
}

const commentColumnMax = 48;

function withOffset(line: string, offset: TableDraft['offset']): string {
  return line.replace(/^( {2}'source\.offset' = )'[^']*'/, `$1'${offset}'`);
}

function sinkOptions(
  lines: readonly string[],
  { drafted, name, table }: { drafted: string; name: string; table: TableDraft },
): string {
  const typed = table.path?.trim() ?? '';
  const all = lines.map((line) => {
    const isPath = line.trimStart().startsWith('path =');
    if (!isPath) return line;
    if (typed !== '') return `  path = ${textOf(typed)},`;
    return line.replace(new RegExp(`${drafted}'(,?)$`), () => `${name}',`);
  });
  const folders = table.folders?.trim() ?? '';
  if (folders === '') return all.join('\n');
  const last = all.at(-1) ?? '';
  const ended = last.endsWith(',') ? last : `${last},`;
  return [...all.slice(0, -1), ended, `  partition_fields = ${textOf(folders)}`].join('\n');
}

function textOf(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** Names that the draft gives to fields that no table's column can be called. */
function outputNames({ sql, columns }: Drafted): readonly string[] {
  let rest = partsOf(sql).select.slice('SELECT '.length);
  return columns.map(({ name }) => {
    const field = sqlName(name);
    if (!rest.startsWith(field)) return name;
    rest = rest.slice(field.length);
    const [whole = '', as] = /^ AS ("(?:[^"]|"")*"|[^,\s]+)/.exec(rest) ?? [];
    rest = rest.slice(whole.length).replace(/^, /, '');
    if (as === undefined) return name;
    return as.startsWith('"') ? as.slice(1, -1).replaceAll('""', '"') : as;
  });
}
