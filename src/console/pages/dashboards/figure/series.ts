import type { QueryAnswerDocument } from '../../../../server/api.ts';

/** What is drawn: points along x, for each of some lines. */
export type Series = {
  readonly xName: string;
  /** Places along x: times in ms, numbers, or 0, 1, 2 … for words. */
  readonly xs: readonly number[];
  /** Each x in words. */
  readonly labels: readonly string[];
  readonly lines: readonly {
    readonly name: string;
    readonly values: readonly (number | undefined)[];
  }[];
  /** Lines that there are beyond those drawn. */
  readonly hiddenCount: number;
};

/** Told apart by the eye without many colours. */
const linesMax = 4;

/**
 * The first column lies along x. Numbers behind it are a line each; with words in the second
 * column, each word is a line of the third. Undefined where there is no number to draw.
 */
export function seriesOf({
  columns,
  rows,
}: Pick<QueryAnswerDocument, 'columns' | 'rows'>): Series | undefined {
  const [first, second] = columns;
  if (first === undefined || second === undefined) return undefined;
  const isByWord = columns.length === 3 && !isNumeric(second.type) && isNumeric(columns[2]?.type);
  const lines = isByWord ? linesByWord(rows) : linesByColumn(columns, rows);
  const points = isByWord ? distinctFirsts(rows) : rows.map(([value]) => value);
  if (lines.length === 0) return undefined;
  const isPlaced = isTime(first.type) || isNumeric(first.type);
  const placed = points.map((value, index) => ({
    index,
    at: isPlaced ? placeOf(value, first.type) : index,
    label: labelOf(value, first.type),
  }));
  const shown = placed.filter(({ at }) => !Number.isNaN(at));
  if (isPlaced) shown.sort((one, other) => one.at - other.at);
  return {
    xName: first.name,
    xs: shown.map(({ at }) => at),
    labels: shown.map(({ label }) => label),
    lines: lines.slice(0, linesMax).map(({ name, values }) => ({
      name,
      values: shown.map(({ index }) => values[index]),
    })),
    hiddenCount: Math.max(0, lines.length - linesMax),
  };
}

/** Whether values of the type are numbers; wide ones come as text. */
export function isNumeric(type: string | undefined): boolean {
  return /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|UINTEGER|FLOAT|DOUBLE|DECIMAL)\b/.test(
    type ?? '',
  );
}

/** A number, however it travels; undefined for NULL and what is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

type Row = readonly unknown[];
type Line = { readonly name: string; readonly values: readonly (number | undefined)[] };

function linesByColumn(
  columns: QueryAnswerDocument['columns'],
  rows: readonly Row[],
): readonly Line[] {
  return columns.flatMap(({ name, type }, index) => {
    if (index === 0 || !isNumeric(type)) return [];
    return [{ name, values: rows.map((row) => numberOf(row[index])) }];
  });
}

function linesByWord(rows: readonly Row[]): readonly Line[] {
  const places = new Map(distinctFirsts(rows).map((value, index) => [value, index]));
  const lines = new Map<string, (number | undefined)[]>();
  for (const [x, word, value] of rows) {
    const name = word === null ? 'NULL' : String(word);
    const values = lines.get(name) ?? Array.from({ length: places.size }, () => undefined);
    values[places.get(x) ?? 0] = numberOf(value);
    lines.set(name, values);
  }
  return [...lines].map(([name, values]) => ({ name, values }));
}

function distinctFirsts(rows: readonly Row[]): readonly unknown[] {
  return [...new Set(rows.map(([value]) => value))];
}

function isTime(type: string): boolean {
  return /^(?:TIMESTAMP|DATE)/.test(type);
}

function placeOf(value: unknown, type: string): number {
  if (isTime(type)) return Date.parse(String(value));
  return numberOf(value) ?? Number.NaN;
}

/** Times of a day without the day; it is UTC. */
function labelOf(value: unknown, type: string): string {
  if (value === null || value === undefined) return 'NULL';
  const text = String(value);
  return isTime(type) ? text.replace('T', ' ').replace(/(?::00)?(?:\.\d+)?Z$/, '') : text;
}
