import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Row } from '../engine/engine.ts';
import { parseDuckdbType } from '../engine/types.ts';
import { position, type Batch, type Envelope } from '../event/record.ts';
import type { RejectedRecord } from '../event/rejected.ts';
import type { RecordFormat, SourceTable } from '../sql/script.ts';
import { createDecoder } from './create-decoder.ts';
import type { Decoder } from './format.ts';
import { tableOf, type Trial } from './trial.conformance.ts';

/**
 * A table of a topic: fields as in `tableOf`, and metadata columns as name → `TYPE FROM key`.
 */
export function topicTable(
  fields: Readonly<Record<string, string>>,
  format: RecordFormat,
  metadata: Readonly<Record<string, string>> = {},
): SourceTable {
  const table = tableOf(fields, { format });
  const beside = Object.entries(metadata).map(([name, text]) => {
    const [type = '', key = ''] = text.split(' FROM ');
    return {
      name,
      type: parseDuckdbType(type.replace(' NOT NULL', '')),
      isNotNull: type.endsWith(' NOT NULL'),
      isPrimaryKey: false,
      origin: { kind: 'metadata', key } as const,
    };
  });
  return {
    ...table,
    connector: {
      kind: 'kafka',
      connection: { profile: undefined, options: {} },
      topics: { kind: 'names', names: ['events'] },
      offset: { kind: 'earliest' },
      groupId: undefined,
      isolation: 'read_committed',
    },
    columns: [...table.columns, ...beside],
  };
}

/** An envelope whose value is these bytes, as a source writes it for text or for bytes. */
export function enveloped(
  value: Uint8Array | string | null,
  metadata?: Readonly<Record<string, unknown>>,
  isBinary = false,
): Envelope {
  const m = metadata === undefined ? {} : { m: metadata };
  if (value === null) return m;
  const bytes = Buffer.from(value);
  const text = bytes.toString('utf8');
  const isText = !isBinary && Buffer.from(text).equals(bytes);
  return isText ? { v: text, ...m } : { b: bytes.toString('base64'), ...m };
}

/** A batch whose positions are the records' numbers. */
export async function envelopeBatch(trial: Trial, envelopes: readonly Envelope[]): Promise<Batch> {
  const lines = envelopes.map((envelope) => `${exactJson(envelope)}\n`);
  const path = join(trial.directory, `${randomUUID()}.envelopes`);
  await writeFile(path, lines.join(''));
  const starts: number[] = [];
  let byteLength = 0;
  for (const line of lines) {
    starts.push(byteLength);
    byteLength += Buffer.byteLength(line);
  }
  return {
    partition: '0',
    from: undefined,
    to: position(String(lines.length)),
    content: { kind: 'envelopes', path, byteLength },
    arrivedAtMs: 1,
    positionAt: (byteOffset) => position(String(starts.indexOf(byteOffset))),
    release: async () => await rm(path, { force: true }),
  };
}

/** With bigints as exact numerals. */
function exactJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'bigint' ? `bigint:${member}` : member,
  );
  return text.replaceAll(/"bigint:(\d+)"/g, '$1');
}

/** What both paths made of a batch. */
export type DecodedBatch = {
  /** Rows of the fast path, or the message of its failure on a record. */
  readonly fast: readonly Row[] | string;
  readonly rows: readonly Row[];
  readonly rejected: readonly RejectedRecord[];
  /** Own bytes of each clean record. */
  readonly raw: readonly string[];
};

export async function decodeBatch(
  trial: Trial,
  table: SourceTable | Decoder,
  batch: Batch,
): Promise<DecodedBatch> {
  const decoder = 'fast' in table ? table : createDecoder(table);
  const fast = await trial.fast(decoder, batch);
  const context = { source: 'events', nowMs: 7, scratchDirectory: trial.directory };
  const isolated = await decoder.isolate(trial.connection, batch, context);
  const numbered = await trial.connection.rows(`FROM (${isolated.sql}) ORDER BY __row`);
  const rows = numbered.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => name !== '__row')),
  );
  const raw = numbered.map(({ __row: row }) =>
    Buffer.from(isolated.record(Number(row)).raw).toString('utf8'),
  );
  const rejected = [...isolated.rejected];
  await isolated.release();
  await batch.release();
  return { fast, rows, rejected, raw };
}
