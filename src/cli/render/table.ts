import { cutToWidth, displayWidth, padToWidth, printable } from './width.ts';

export type TableColumn = { readonly name: string; readonly type?: string | undefined };

export type TableOptions = {
  /** Columns of the terminal; undefined: as wide as the rows are. */
  readonly widthMax: number | undefined;
  /** Marks NULL and types so that they can't be taken for values. */
  readonly dim: (text: string) => string;
};

/** A narrower column says nothing; where not even that fits, columns are left out. */
const columnWidthMin = 6;

/**
 * Rows in a box, with a row of types where the columns have them; numbers to the right. Ends with a
 * newline. Cells that don't fit are cut with an ellipsis, columns that don't fit are left out and
 * named below.
 */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly unknown[])[],
  options: TableOptions,
): string {
  if (columns.length === 0) return '';
  const cells = columns.map((column, index) => toCells(column, rows, index));
  const { shown, leftOut } = fit(cells, options.widthMax);
  const lines = [rule(shown, ['┌', '┬', '┐']), headLine(shown)];
  if (columns.some((column) => column.type !== undefined)) {
    lines.push(line(shown, (column) => options.dim(pad(column.type, column))));
  }
  lines.push(rule(shown, ['├', '┼', '┤']));
  for (let row = 0; row < rows.length; row++) {
    lines.push(line(shown, (column) => bodyCell(column, row, options)));
  }
  lines.push(rule(shown, ['└', '┴', '┘']));
  if (leftOut.length > 0) {
    const names = leftOut.map((column) => column.name).join(', ');
    lines.push(`${leftOut.length} columns did not fit: ${names} (see them with --format csv)`);
  }
  return `${lines.join('\n')}\n`;
}

/** A value as a person reads it: text as it is, anything nested as JSON. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

type Cells = {
  readonly name: string;
  readonly type: string;
  readonly isNumeric: boolean;
  readonly texts: readonly string[];
  readonly nulls: readonly boolean[];
  width: number;
};

function toCells(column: TableColumn, rows: readonly (readonly unknown[])[], index: number): Cells {
  const values = rows.map((row) => row[index]);
  const texts = values.map((value) => printable(cellText(value)));
  const name = printable(column.name);
  const type = printable(column.type ?? '');
  const widths = [name, type, ...texts].map(displayWidth);
  return {
    name,
    type,
    isNumeric: isNumericType(column.type),
    texts,
    nulls: values.map((value) => value === null || value === undefined),
    width: widths.reduce((widest, width) => Math.max(widest, width), 1),
  };
}

function isNumericType(type: string | undefined): boolean {
  return (
    type !== undefined &&
    /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\b.*|BIGNUM)$/.test(type)
  );
}

/** Narrows the widest column again and again; then leaves out columns from the right. */
function fit(
  cells: readonly Cells[],
  widthMax: number | undefined,
): { shown: readonly Cells[]; leftOut: readonly Cells[] } {
  let shown = cells;
  if (widthMax === undefined) return { shown, leftOut: [] };
  for (let over = totalWidth(shown) - widthMax; over > 0; over = totalWidth(shown) - widthMax) {
    const widest = shown.reduce((left, right) => (right.width > left.width ? right : left));
    if (widest.width > columnWidthMin) {
      const others = shown.filter((column) => column !== widest).map((column) => column.width);
      // Down to the next widest at once, but no further than needed.
      const next = Math.max(columnWidthMin, ...others.filter((width) => width < widest.width));
      widest.width = Math.max(next, widest.width - over);
      continue;
    }
    if (shown.length === 1) break;
    shown = shown.slice(0, -1);
  }
  return { shown, leftOut: cells.slice(shown.length) };
}

function totalWidth(cells: readonly Cells[]): number {
  return cells.reduce((sum, column) => sum + column.width + 3, 1);
}

function rule(
  cells: readonly Cells[],
  [left, middle, right]: readonly [string, string, string],
): string {
  return left + cells.map((column) => '─'.repeat(column.width + 2)).join(middle) + right;
}

function line(cells: readonly Cells[], text: (column: Cells) => string): string {
  return `│ ${cells.map(text).join(' │ ')} │`;
}

function headLine(cells: readonly Cells[]): string {
  return line(cells, (column) => pad(column.name, column));
}

function bodyCell(column: Cells, row: number, options: TableOptions): string {
  const text = pad(column.texts[row] ?? '', column);
  return column.nulls[row] === true ? options.dim(text) : text;
}

function pad(text: string, column: Cells): string {
  const side = column.isNumeric ? 'left' : 'right';
  return padToWidth(cutToWidth(text, column.width), column.width, side);
}
