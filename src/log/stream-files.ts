import { HeliosError } from '../base/errors.ts';
import { replaceFile } from './files.ts';
import type { LogFiles } from './files.ts';
import type { Retention } from './log.ts';

/** What a stream is, as its `stream.json` keeps it. */
export type StreamDefinition = {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly partitions: number;
  readonly retention: Retention;
};

/** Reader → partition → offset up to which the reader needs nothing any more. */
export type Holds = ReadonlyMap<string, ReadonlyMap<number, number>>;

export async function writeDefinition(
  files: LogFiles,
  directory: string,
  definition: StreamDefinition,
): Promise<void> {
  await replaceFile(files, `${directory}/stream.json`, printDefinition(definition));
}

export async function readDefinition(
  files: LogFiles,
  directory: string,
): Promise<StreamDefinition> {
  const path = `${directory}/stream.json`;
  return parseDefinition(await files.readAll(path), path);
}

export function printDefinition(definition: StreamDefinition): string {
  const { id, name, createdAtMs, partitions, retention } = definition;
  const record = {
    v: 1,
    id,
    name,
    created_at_ms: createdAtMs,
    partitions,
    retention_ms: retention.ageMs,
    retention_bytes: retention.bytes ?? null,
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** `corrupt_data`, or `data_dir_unusable` for a later format. */
export function parseDefinition(bytes: Uint8Array, path: string): StreamDefinition {
  const record = parseJson(bytes, path);
  const { v, id, name, created_at_ms, partitions, retention_ms, retention_bytes } = record;
  if (typeof v === 'number' && v > 1) throw newerFormat(path, v);
  if (
    typeof id !== 'string' ||
    typeof name !== 'string' ||
    typeof created_at_ms !== 'number' ||
    typeof partitions !== 'number' ||
    typeof retention_ms !== 'number' ||
    (typeof retention_bytes !== 'number' && retention_bytes !== null)
  ) {
    throw corruptFile(path);
  }
  const retention = { ageMs: retention_ms, bytes: retention_bytes ?? undefined };
  return { id, name, createdAtMs: created_at_ms, partitions, retention };
}

export async function writeHolds(files: LogFiles, directory: string, holds: Holds): Promise<void> {
  await replaceFile(files, `${directory}/holds.json`, printHolds(holds));
}

export function printHolds(holds: Holds): string {
  const readers = [...holds].map(([reader, offsets]) => ({ reader, offsets: [...offsets] }));
  return `${JSON.stringify({ v: 1, readers }, null, 2)}\n`;
}

/** No holds where the file does not exist yet. */
export async function readHolds(
  files: LogFiles,
  directory: string,
): Promise<Map<string, Map<number, number>>> {
  const path = `${directory}/holds.json`;
  if (!(await files.list(directory)).includes('holds.json')) return new Map();
  return parseHolds(await files.readAll(path), path);
}

/** `corrupt_data`. */
export function parseHolds(bytes: Uint8Array, path: string): Map<string, Map<number, number>> {
  const { readers } = parseJson(bytes, path);
  if (!Array.isArray(readers)) throw corruptFile(path);
  return new Map(readers.map((hold: unknown) => parseHold(hold, path)));
}

function parseHold(hold: unknown, path: string): [string, Map<number, number>] {
  if (!isRecord(hold)) throw corruptFile(path);
  const { reader, offsets } = hold;
  if (typeof reader !== 'string' || !Array.isArray(offsets)) throw corruptFile(path);
  return [reader, new Map(offsets.map((pair: unknown) => parsePair(pair, path)))];
}

function parsePair(pair: unknown, path: string): [number, number] {
  const [partition, offset]: unknown[] = Array.isArray(pair) ? pair : [];
  if (typeof partition !== 'number' || typeof offset !== 'number') throw corruptFile(path);
  return [partition, offset];
}

function parseJson(bytes: Uint8Array, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (isRecord(value)) return value;
  } catch (thrown) {
    throw corruptFile(path, thrown);
  }
  throw corruptFile(path);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function corruptFile(path: string, cause?: unknown): HeliosError {
  return new HeliosError('corrupt_data', `The file ${path} is not what Helios wrote.`, {
    hint: "Restore it from a copy, or move the stream's folder away to go on without it.",
    cause,
    details: { path },
  });
}

function newerFormat(path: string, version: number): HeliosError {
  return new HeliosError(
    'data_dir_unusable',
    `The file ${path} has format ${version}; this Helios knows format 1.`,
    { hint: 'Use the newer Helios that made it, or another data directory.' },
  );
}
