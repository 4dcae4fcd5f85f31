import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import type { Connection } from '../../engine/engine.ts';
import type { Batch } from '../../event/record.ts';
import type { RejectedRecord } from '../../event/rejected.ts';
import { recordForm } from '../../format/record-form.ts';
import type { PeekedRecord } from '../../source/look.ts';
import { sampleBatch } from '../../source/sample-batch.ts';
import type { SourceTable } from '../../sql/script.ts';
import type { Alter } from '../open-pipeline.ts';
import { metadataOf } from './place-metadata.ts';
import { selectedTable } from './select-records.ts';

/** Records of one chunk as sources give them. Their positions are numbers: see `seqOf`. */
export type SelectedBatches = {
  /** Source name → its batch. */
  readonly batches: ReadonlyMap<string, readonly Batch[]>;
  readonly recordCount: number;
  /** Of a record that was rejected again, the number in the table of selected ones. */
  readonly seqOf: (record: RejectedRecord) => number;
};

export type ChunkPlace = {
  readonly connection: Connection;
  readonly sources: readonly SourceTable[];
  /** An existing folder for the batches' files, which they delete. */
  readonly scratchDirectory: string;
  /** What is done to a source's batches before they are decoded. */
  readonly alterOf: (table: SourceTable) => Promise<Alter | undefined>;
  readonly signal: AbortSignal;
};

type Columns = Awaited<ReturnType<Connection['columns']>>;

/** The records of a chunk of `selectedTable`, byte by byte as they were rejected. */
export async function selectedBatches(chunk: number, place: ChunkPlace): Promise<SelectedBatches> {
  const rejected = await place.connection.columns(
    `SELECT seq, source, code, to_base64(raw), "partition", "position", metadata
      FROM ${selectedTable} WHERE chunk = ${chunk} ORDER BY seq`,
  );
  const [seqs = [], names = []] = rejected;
  const batches = new Map<string, readonly Batch[]>();
  const seqsOf = new Map<string, readonly number[]>();
  try {
    for (const table of place.sources) {
      const rows = [...names.keys()].filter((row) => names[row] === table.name);
      if (rows.length === 0) continue;
      const records = rows.map((row) => recordOf(table, rejected, row));
      seqsOf.set(
        table.name,
        rows.map((row) => Number(seqs[row])),
      );
      batches.set(table.name, [await batchOf(table, records, place)]);
    }
  } catch (thrown) {
    for (const batch of [...batches.values()].flat()) await batch.release();
    throw thrown;
  }
  return {
    batches,
    recordCount: seqs.length,
    seqOf: ({ source, position }) => {
      const seq = seqsOf.get(source)?.[Number(position)];
      assert(seq !== undefined, `no record ${position} of ${source} was selected`);
      return seq;
    },
  };
}

function recordOf(
  table: SourceTable,
  [, , codes = [], values = [], partitions = [], positions = [], kept = []]: Columns,
  row: number,
): PeekedRecord {
  const bytes = Buffer.from(String(values[row]), 'base64');
  // Of a record that had none.
  const value = codes[row] === 'tombstone' && bytes.length === 0 ? null : bytes;
  const place = { partition: String(partitions[row]), position: String(positions[row]) };
  const text = kept[row];
  const metadata = metadataOf(table, place, typeof text === 'string' ? text : undefined);
  // All that is made of a record comes from its value and its metadata.
  return { ...place, timestampMs: undefined, key: null, headers: {}, metadata, value };
}

async function batchOf(
  table: SourceTable,
  records: readonly PeekedRecord[],
  { scratchDirectory, alterOf, signal }: ChunkPlace,
): Promise<Batch> {
  const path = join(scratchDirectory, `replay-${randomUUID()}.lines`);
  const batch = await sampleBatch(records, recordForm(table), path);
  try {
    const alter = await alterOf(table);
    return alter === undefined ? batch : await alter(batch, signal);
  } catch (thrown) {
    await batch.release();
    throw thrown;
  }
}
