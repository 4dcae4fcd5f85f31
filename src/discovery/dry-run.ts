import { join } from 'node:path';
import type { Connection } from '../engine/engine.ts';
import type { RejectionCode } from '../event/rejected.ts';
import { createDecoder } from '../format/create-decoder.ts';
import type { PeekedRecord } from '../source/look.ts';
import { recordForm } from '../format/record-form.ts';
import { sampleBatch } from '../source/sample-batch.ts';
import type { SourceTable } from '../sql/script.ts';

/** A record of a sample that a table would not take. */
export type DryRejection = {
  /** Its number in the sample, from 0. */
  readonly index: number;
  readonly code: RejectionCode;
  readonly message: string;
  /** Of the value; empty for a tombstone. */
  readonly raw: Uint8Array;
};

export type DryRun = {
  readonly acceptedCount: number;
  readonly rejected: readonly DryRejection[];
  /** Records that are neither: of white space alone, which no table takes for records. */
  readonly blankCount: number;
};

export type DryRunPlace = {
  readonly connection: Connection;
  /** An existing folder for files that are removed again. */
  readonly directory: string;
  readonly nowMs: number;
};

/** What a table would do with records: the pipeline's own decoder says it, and nothing is kept. */
export async function dryRun(
  table: SourceTable,
  records: readonly PeekedRecord[],
  { connection, directory, nowMs }: DryRunPlace,
): Promise<DryRun> {
  if (records.length === 0) return { acceptedCount: 0, rejected: [], blankCount: 0 };
  const batch = await sampleBatch(records, recordForm(table), join(directory, 'sample.lines'));
  try {
    const context = { source: table.name, nowMs, scratchDirectory: directory };
    const isolated = await createDecoder(table).isolate(connection, batch, context);
    const { recordCount } = isolated;
    const rejected = Array.from(isolated.rejected, ({ position, code, message, raw }) => ({
      index: Number(position),
      code,
      message,
      raw: Uint8Array.from(raw),
    }));
    await isolated.release();
    return {
      acceptedCount: recordCount - rejected.length,
      rejected,
      blankCount: records.length - recordCount,
    };
  } finally {
    await batch.release();
  }
}
