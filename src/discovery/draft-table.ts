import { HeliosError } from '../base/errors.ts';
import type { PeekedRecord } from '../source/look.ts';
import { parseScript } from '../sql/parse-script.ts';
import type { SourceTable } from '../sql/script.ts';
import { type DraftRequest, draftScript } from './draft-script.ts';
import { dryRun, type DryRejection, type DryRun, type DryRunPlace } from './dry-run.ts';
import { type InferredColumn, type InferredTable, inferTable } from './infer.ts';

/** A schema that fits records, the script that has it, and what the script would do with them. */
export type TableDraft = {
  readonly inferred: InferredTable;
  readonly sql: string;
  readonly dryRun: DryRun;
};

/** Each round makes a column take more than before. */
const roundsMax = 20;

/**
 * Infers, drafts and tries. A column that refuses a record which the schema was inferred from was
 * given a type that is too narrow: it becomes JSON, and that is noted. What is left of rejected
 * records is wrong in itself.
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
    const weaker = round === roundsMax ? undefined : weakened(inferred, tried);
    if (weaker === undefined) return { inferred, sql, dryRun: tried };
    inferred = weaker;
  }
}

/** Undefined where no column is to blame. */
function weakened(inferred: InferredTable, { rejected }: DryRun): InferredTable | undefined {
  const unreadable = new Set(inferred.unreadable.map(({ index }) => index));
  const blamed = new Map<InferredColumn, DryRejection>();
  for (const rejection of rejected) {
    if (unreadable.has(rejection.index)) continue;
    const column = blamedColumn(inferred.columns, rejection.message);
    if (column !== undefined && column.type.kind !== 'json') blamed.set(column, rejection);
  }
  if (blamed.size === 0) return undefined;
  const columns = inferred.columns.map((column): InferredColumn => {
    const rejection = blamed.get(column);
    if (rejection === undefined) return column;
    return { ...column, type: { kind: 'json' }, note: `JSON, since ${rejection.message}` };
  });
  return { ...inferred, columns };
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
