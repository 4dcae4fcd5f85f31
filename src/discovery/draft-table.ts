import { HeliosError } from '../base/errors.ts';
import type { PeekedRecord } from '../source/look.ts';
import { parseScript } from '../sql/parse-script.ts';
import type { SourceTable } from '../sql/script.ts';
import { isNearlyAll } from './dominance.ts';
import { type DraftRequest, draftScript, typeName } from './draft-script.ts';
import { dryRun, type DryRejection, type DryRun, type DryRunPlace } from './dry-run.ts';
import { type InferredColumn, type InferredTable, inferTable, readableCount } from './infer.ts';
import { shareText } from './share-text.ts';
import { sqlName } from './sql-name.ts';

/** A schema that fits records, the script that has it, and what the script would do with them. */
export type TableDraft = {
  readonly inferred: InferredTable;
  readonly sql: string;
  readonly dryRun: DryRun;
};

/** Each round makes a column take more than before. */
const roundsMax = 20;

/**
 * Infers, drafts and tries. A column that refuses more than a few of the records which the schema
 * was inferred from becomes one that takes them; so do others, until all of them together refuse no
 * more than a few. What is refused then is told, with what would take it.
 */
export async function draftTable(
  records: readonly PeekedRecord[],
  request: Omit<DraftRequest, 'inferred'>,
  place: DryRunPlace,
): Promise<TableDraft> {
  let inferred = inferTable(records.map(({ value }) => value));
  for (let round = 1; ; round++) {
    const sql = draftScript({ ...request, inferred });
    const tried = await dryRun(sourceOf(sql), records, place);
    const misfits = misfitsOf(inferred, tried);
    const widened = round === roundsMax ? [] : tooNarrow(misfits, readableCount(inferred));
    if (widened.length === 0) {
      inferred = withMisfits(inferred, misfits);
      return { inferred, sql: draftScript({ ...request, inferred }), dryRun: tried };
    }
    inferred = { ...inferred, columns: inferred.columns.map((one) => widen(one, widened)) };
  }
}

/** Records that a column refuses, though they can be read. */
type Misfits = {
  readonly column: InferredColumn;
  readonly count: number;
  readonly first: DryRejection;
};

function misfitsOf(inferred: InferredTable, { rejected }: DryRun): readonly Misfits[] {
  const unreadable = new Set(inferred.unreadable.map(({ index }) => index));
  const found = new Map<InferredColumn, DryRejection[]>();
  for (const rejection of rejected) {
    if (unreadable.has(rejection.index)) continue;
    const column = blamedColumn(inferred.columns, rejection.message);
    if (column !== undefined) found.set(column, [...(found.get(column) ?? []), rejection]);
  }
  return [...found].flatMap(([column, rejections]) => {
    const [first] = rejections;
    return first === undefined ? [] : [{ column, count: rejections.length, first }];
  });
}

/** The columns to widen; none where all of them together refuse no more than a few records. */
function tooNarrow(all: readonly Misfits[], recordCount: number): readonly Misfits[] {
  const misfits = all.filter(({ column }) => column.type.kind !== column.wider.kind);
  const isFew = (count: number): boolean => isNearlyAll(recordCount - count, recordCount);
  const many = misfits.filter(({ count }) => !isFew(count));
  const sum = misfits.reduce((total, { count }) => total + count, 0);
  if (many.length > 0 || isFew(sum)) return many;
  return misfits.toSorted((left, right) => right.count - left.count).slice(0, 1);
}

function widen(column: InferredColumn, widened: readonly Misfits[]): InferredColumn {
  const misfits = widened.find((one) => one.column === column);
  if (misfits === undefined) return column;
  const note = `${typeName(column.wider)}, since ${misfits.first.message}`;
  return { ...column, type: column.wider, note };
}

/** Says of each column what it refuses, and what it would be to take all. */
function withMisfits(inferred: InferredTable, misfits: readonly Misfits[]): InferredTable {
  const all = readableCount(inferred);
  const warnings = misfits
    .filter(({ column }) => column.type.kind !== column.wider.kind)
    .map(({ column: { name, type, wider }, count }) => {
      const records = count === 1 ? '1 record' : `${count} records`;
      return (
        `${sqlName(name)} is ${typeName(type)}, as ${shareText(all - count, all)} of the records ` +
        `have it; ${records} would be rejected. ` +
        `To take every value, write ${sqlName(name)} ${typeName(wider)} instead.`
      );
    });
  const columns = inferred.columns.map((column): InferredColumn => {
    const count = misfits.find((one) => one.column === column)?.count ?? 0;
    if (count === 0 || column.type.kind === column.wider.kind) return column;
    const misfit = `${count} of ${all} would be rejected, ${typeName(column.wider)} takes all`;
    return { ...column, note: column.note === undefined ? misfit : `${column.note}, ${misfit}` };
  });
  return { ...inferred, columns, warnings: [...inferred.warnings, ...warnings] };
}

/** Messages of decoders begin with the column's name. */
function blamedColumn(
  columns: readonly InferredColumn[],
  message: string,
): InferredColumn | undefined {
  return columns
    .filter(({ name }) => message.startsWith(`Column "${name}"`))
    .toSorted((left, right) => right.name.length - left.name.length)[0];
}

/** The source table of a drafted script. */
export function sourceOf(sql: string): SourceTable {
  const parsed = parseScript(sql);
  const [source] = parsed.kind === 'ok' ? parsed.script.sources : [];
  if (source !== undefined) return source;
  const why = parsed.kind === 'errors' ? parsed.errors[0]?.message : 'it has no source';
  throw new HeliosError('internal', `The drafted script is not valid: ${why}`, {
    hint: 'This is a defect of Helios. Write the script by hand, and report it.',
    details: { sql },
  });
}
