import { exactText } from './cell-text.ts';
import type { GridColumn } from './columns.ts';

export type CopyFormat = 'tsv' | 'csv' | 'markdown' | 'json';

export type CopiedTable = {
  readonly columns: readonly GridColumn[];
  /** Each row's values of these columns, in their order. */
  readonly rows: readonly (readonly unknown[])[];
};

/** Rows as text of a format, with the columns' names. */
export function copiedText(table: CopiedTable, format: CopyFormat): string {
  return writers[format](table);
}

/** The same for a range of cells: their values alone, as spreadsheets take them. */
export function cellsText(rows: readonly (readonly unknown[])[]): string {
  return rows.map((row) => row.map(tsvField).join('\t')).join('\n');
}

const writers: Readonly<Record<CopyFormat, (table: CopiedTable) => string>> = {
  tsv: ({ columns, rows }) => cellsText([columns.map(({ name }) => name), ...rows]),
  csv: ({ columns, rows }) =>
    [columns.map(({ name }) => name), ...rows]
      .map((row) => `${row.map(csvField).join(',')}\n`)
      .join(''),
  markdown: ({ columns, rows }) => {
    const rule = columns.map(({ kind }) => (kind === 'number' ? '---:' : '---'));
    const lines = [columns.map(({ name }) => markdownField(name)), rule];
    const body = rows.map((row) => row.map(markdownField));
    return [...lines, ...body].map((fields) => `| ${fields.join(' | ')} |\n`).join('');
  },
  json: ({ columns, rows }) => {
    const lines = rows.map((row) => {
      const fields = columns.map(
        ({ name, type }, index) => `${JSON.stringify(name)}: ${jsonValue(row[index], type)}`,
      );
      return `  {${fields.join(', ')}}`;
    });
    return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
  },
};

function tsvField(value: unknown): string {
  return (exactText(value) ?? '').replaceAll(/[\t\n\r]+/g, ' ');
}

/** NULL is nothing, the empty text two quotes: as in the server's CSV. */
function csvField(value: unknown): string {
  const text = exactText(value);
  if (text === undefined) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function markdownField(value: unknown): string {
  return (exactText(value) ?? 'NULL').replaceAll(/[\\|]/g, '\\$&').replaceAll(/\r?\n|\r/g, ' ');
}

/** Wide numbers, which came as text, are numbers again with all their digits; JSON is itself. */
function jsonValue(value: unknown, type: string): string {
  if (typeof value !== 'string') return JSON.stringify(value ?? null);
  const isNumber = /INT$|^DECIMAL|^BIGNUM/.test(type) && /^-?\d+(\.\d+)?$/.test(value);
  return isNumber || type === 'JSON' ? value : JSON.stringify(value);
}
