import avsc from 'avsc';
import type { SchemaRegistry } from '../../connection/registry/schema-registry.ts';
import type { RecordFormat } from '../../sql/script.ts';
import {
  decodeBatch,
  type DecodedBatch,
  enveloped,
  envelopeBatch,
  topicTable,
} from '../envelope-trial.conformance.ts';
import type { Trial } from '../trial.conformance.ts';
import { AvroTranscoder } from './avro-transcoder.ts';

type Columns = Readonly<Record<string, string>>;
const { signal } = new AbortController();

export type Value = Uint8Array | null;

/** Both paths over values of Avro. */
export async function decodeAvro(
  trial: Trial,
  values: readonly Value[],
  options: {
    readonly format: RecordFormat;
    readonly fields: Columns;
    readonly metadata?: Columns;
    readonly registry?: SchemaRegistry;
    readonly m?: Readonly<Record<string, unknown>>;
  },
): Promise<DecodedBatch> {
  const table = topicTable(options.fields, options.format, options.metadata ?? {});
  const envelopes = values.map((value) => enveloped(value, options.m, true));
  const transcoder = new AvroTranscoder(table, options.registry);
  const batch = await transcoder.transcode(await envelopeBatch(trial, envelopes), signal);
  return await decodeBatch(trial, table, batch);
}

export function declared(schema: unknown, isUnstructured = false): RecordFormat {
  const text = JSON.stringify(schema);
  return { kind: 'avro', schema: { kind: 'declared', text }, isUnstructured };
}

/** A record with one field, `v`. */
export function recordOf(type: unknown): { type: string; name: string; fields: unknown[] } {
  return { type: 'record', name: 'r', fields: [{ name: 'v', type }] };
}

/** Written by another implementation, which knows no logical types here. */
export function written(schema: unknown, value: unknown): Buffer {
  const type = avsc.Type.forSchema(schema as avsc.Schema, {
    wrapUnions: true,
    registry: {},
    // 64 bits that a number can't hold.
    typeHook: (attributes) =>
      (attributes as { type?: unknown }).type === 'long' ? longType : undefined,
  });
  return type.toBuffer(value);
}

const longType = avsc.types.LongType['__with']({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint | number) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(BigInt(value));
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint' || Number.isInteger(value),
  compare: (left: bigint, right: bigint) => (left < right ? -1 : left > right ? 1 : 0),
});
