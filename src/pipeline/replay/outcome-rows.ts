import type { Connection } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { Epoch, EpochMs } from '../../event/record.ts';
import type { RejectedRecord } from '../../event/rejected.ts';
import { selectedTable } from './select-records.ts';
import type { SelectedBatches } from './selected-batches.ts';

/** What an epoch needs to know to say what became of the records of a chunk. */
export type ReplayChunk = Pick<SelectedBatches, 'recordCount' | 'seqOf'> & {
  readonly replayId: string;
  readonly chunk: number;
};

type OutcomeContext = {
  readonly pipeline: string;
  readonly epoch: Epoch;
  readonly nowMs: EpochMs;
};

const failedTable = '__replay_failed';

/** A SELECT of a chunk's outcomes, one row a record: all but the `failed` have passed. */
export async function outcomeRows(
  connection: Connection,
  replay: ReplayChunk,
  failed: readonly RejectedRecord[],
  { pipeline, epoch, nowMs }: OutcomeContext,
): Promise<string> {
  await connection.execute(
    `CREATE OR REPLACE TEMP TABLE ${failedTable} (seq INTEGER, code VARCHAR, message VARCHAR)`,
  );
  const seqs = failed.map((record) => replay.seqOf(record));
  await connection.append(failedTable, failed.length, [
    { type: 'number', at: (row) => seqs[row] ?? -1 },
    { type: 'text', at: (row) => failed[row]?.code ?? '' },
    { type: 'text', at: (row) => failed[row]?.message ?? '' },
  ]);
  return `SELECT ${quoteText(pipeline)} AS pipeline, r.source, r."partition", r."position",
      r.rejected_at, r.raw_md5, r.copy, ${quoteText(replay.replayId)} AS replay_id,
      ${epoch}::BIGINT AS replay_epoch, make_timestamptz(${nowMs} * 1000) AS replayed_at,
      f.seq IS NULL AS passed, f.code AS replay_code, f.message AS replay_message
    FROM ${selectedTable} AS r LEFT JOIN ${failedTable} AS f USING (seq)
    WHERE r.chunk = ${replay.chunk}`;
}
