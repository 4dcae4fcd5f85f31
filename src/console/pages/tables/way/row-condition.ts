import type { ColumnAnswer } from '../../../../server/api.ts';
import { type JsonNode, parseJson } from '../../../json/json-node.ts';
import { quotedName } from '../table-name.ts';

/** Longer values are left out: an address has to hold the condition. */
const valueCharactersMax = 200;
const conditionsMax = 24;

/** A value as text, as the API tells it or a record has it; null is NULL. */
export type Value = { readonly column: string; readonly text: string | null };

/** Each of their values has one writing. */
const exact = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|VARCHAR|BOOLEAN)$/;
/** SQL reads the writing that the API has of them. */
const readable = /^(?:UUID|DATE|TIME|TIMESTAMP|DECIMAL)/;

/** A SQL condition that holds for rows with these values. */
export function conditionOf(values: readonly Value[]): string {
  return values
    .slice(0, conditionsMax)
    .map(({ column, text }) =>
      text === null
        ? `${quotedName(column)} IS NULL`
        : `${quotedName(column)} = '${text.replaceAll("'", "''")}'`,
    )
    .join(' AND ');
}

/**
 * What tells a row of an answer from others: its values that SQL compares without a doubt. Not
 * lists, documents and floating numbers, of which there may be several writings.
 */
export function valuesOfRow(
  row: Readonly<Record<string, unknown>>,
  columns: readonly ColumnAnswer[],
): readonly Value[] {
  return columns
    .filter(({ type }) => exact.test(type) || (readable.test(type) && !type.endsWith(']')))
    .map(({ name }) => ({ column: name, text: textOf(row[name]) }))
    .filter(({ text }) => text === null || text.length <= valueCharactersMax);
}

/** The values of a JSON record's fields that are columns of the table, by name in any case. */
export function valuesOfRecord(record: string, columns: readonly ColumnAnswer[]): readonly Value[] {
  const root = parseJson(record);
  if (root?.kind !== 'object') return [];
  return columns
    .filter(({ type }) => exact.test(type))
    .flatMap(({ name }) => {
      const member = root.members.findLast((one) => one.name.toLowerCase() === name.toLowerCase());
      const text = member && scalarOf(member.value);
      return text === undefined || text.length > valueCharactersMax ? [] : [{ column: name, text }];
    });
}

/**
 * How many of a row's values a JSON record has in fields of those names; undefined where one of
 * them is another, so that the row is not of this record, or where none can be compared.
 */
export function matchCount(
  record: string,
  row: readonly Value[],
  columns: readonly ColumnAnswer[],
): number | undefined {
  const byColumn = new Map(row.map(({ column, text }) => [column, text]));
  let count = 0;
  for (const { column, text } of valuesOfRecord(record, columns)) {
    const expected = byColumn.get(column);
    if (expected === undefined || expected === null || text === null) continue;
    if (expected !== text) return undefined;
    count++;
  }
  return count === 0 ? undefined : count;
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function scalarOf(node: JsonNode): string | undefined {
  return node.kind === 'string' || node.kind === 'number' || node.kind === 'boolean'
    ? node.text
    : undefined;
}
