import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { Column, Schema } from '../../event/schema.ts';
import type { FileStorage } from '../../storage/file/file-storage.ts';
import type { AddAction, JsonObject } from '../actions.ts';
import type { PartitionValues } from '../delta.ts';
import { LiveFile } from './live-file.ts';

/** Bytes of the lines that are turned into one text, of which the files' texts are parts. */
const chunkBytes = 1 << 20;

/** Between the fields of a line; JSON and URIs have no such character. */
const separator = '\u0001';

export type AddsSource = {
  /** A table function with the checkpoint's rows. */
  readonly source: string;
  readonly columns: Schema;
  /** A local folder, and a name that nothing has there: lines are written to it, and left. */
  readonly scratch: FileStorage;
  readonly linesName: string;
};

/**
 * The `add` actions of a checkpoint: there may be a hundred thousand. DuckDB writes a line for
 * each, whose fields are cut out as they are: statistics stay text, and no JSON is parsed but for
 * the values of each partition, which its files share.
 */
export async function readAdds(
  connection: Connection,
  adds: AddsSource,
): Promise<readonly LiveFile[]> {
  const { source, columns, scratch, linesName } = adds;
  const add = columns.find((column) => column.name === 'add');
  if (add?.type.kind !== 'struct') return [];
  const fields = selected(add).map((sql) => `coalesce(${sql}, '')`);
  const line = `concat_ws(chr(1), ${fields.join(', ')})`;
  await connection.execute(
    `COPY (SELECT replace(${line}, chr(10), ' ') FROM ${source} WHERE add IS NOT NULL)
     TO ${quoteText(scratch.localPath(linesName))} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '',
       DELIMITER '\\x02', PRESERVE_ORDER false)`,
  );
  const files: LiveFile[] = [];
  const partitions = new Map<string, PartitionValues>();
  for await (const text of wholeLines(adds)) {
    for (let start = 0; start < text.length;) {
      const newline = text.indexOf('\n', start);
      const end = newline < 0 ? text.length : newline;
      files.push(new LiveFile(addOf(new Fields(text, start, end), partitions)));
      start = end + 1;
    }
  }
  return files;
}

/** Text in the order of `addOf`. */
function selected({ type }: Column): readonly string[] {
  const names = type.kind === 'struct' ? type.fields.map((field) => field.name) : [];
  const pick = (name: string, sql: string): string => (names.includes(name) ? sql : 'NULL');
  const rare = ['tags', 'deletionVector'].filter((name) => names.includes(name));
  const isAnyRare = rare.map((name) => `add.${name} IS NOT NULL`).join(' OR ');
  const packed = rare.map((name) => `${name} := add.${name}`).join(', ');
  const stats = [
    pick('stats', 'add.stats'),
    pick('stats_parsed', 'to_json(add.stats_parsed)::VARCHAR'),
  ];
  return [
    pick('path', 'add.path'),
    pick('size', 'add.size::VARCHAR'),
    pick('modificationTime', 'add.modificationTime::VARCHAR'),
    pick('dataChange', 'add.dataChange::VARCHAR'),
    pick('partitionValues', 'to_json(add.partitionValues)::VARCHAR'),
    rare.length === 0
      ? 'NULL'
      : `CASE WHEN ${isAnyRare} THEN to_json(struct_pack(${packed}))::VARCHAR END`,
    `coalesce(${stats.join(', ')})`,
  ];
}

/** A file's text in pieces that end where a line does. */
async function* wholeLines({ scratch, linesName }: AddsSource): AsyncGenerator<string> {
  let length = chunkBytes;
  for (let at = 0; ;) {
    const read = await scratch.readRange(linesName, at, length);
    const bytes = Buffer.from(read.buffer, read.byteOffset, read.byteLength);
    const filled = bytes.length;
    const isLast = filled < length;
    const end = isLast ? filled : bytes.lastIndexOf(10, filled - 1) + 1;
    if (end > 0) yield bytes.toString('utf8', 0, end);
    if (isLast) return;
    at += end;
    if (end === 0) length *= 2;
  }
}

/** Cuts the fields out of one line. */
class Fields {
  readonly #text: string;
  readonly #end: number;
  #at: number;

  constructor(text: string, start: number, end: number) {
    this.#text = text;
    this.#at = start;
    this.#end = end;
  }

  next(): string {
    const found = this.#text.indexOf(separator, this.#at);
    const end = found < 0 ? this.#end : Math.min(found, this.#end);
    const field = this.#text.slice(this.#at, end);
    this.#at = Math.min(end + 1, this.#end);
    return field;
  }
}

function addOf(fields: Fields, known: Map<string, PartitionValues>): AddAction {
  const path = fields.next();
  if (path === '') return fail('path', path);
  const size = wholeOf('size', fields.next());
  const modificationTime = wholeOf('modificationTime', fields.next());
  const dataChange = fields.next() !== 'false';
  const values = partitionValues(fields.next(), known);
  const rest = restOf(fields.next());
  const stats = fields.next();
  return {
    path,
    size,
    modificationTime,
    dataChange,
    partitionValues: values,
    stats: stats === '' ? undefined : stats,
    ...rest,
  };
}

function partitionValues(text: string, known: Map<string, PartitionValues>): PartitionValues {
  const found = known.get(text);
  if (found !== undefined) return found;
  const values = (text === '' ? {} : JSON.parse(text)) as PartitionValues;
  known.set(text, values);
  return values;
}

function restOf(text: string): Pick<AddAction, 'tags' | 'deletionVector'> {
  if (text === '') return {};
  const parsed = JSON.parse(text) as {
    readonly tags?: Readonly<Record<string, string>> | null;
    readonly deletionVector?: JsonObject | null;
  };
  return {
    tags: parsed.tags ?? undefined,
    deletionVector: parsed.deletionVector ?? undefined,
  };
}

function wholeOf(field: string, text: string): number {
  const value = Number(text);
  return text !== '' && Number.isSafeInteger(value) ? value : fail(field, text);
}

function fail(field: string, text: string): never {
  const shown = JSON.stringify(text.slice(0, 100));
  throw new HeliosError(
    'corrupt_data',
    `An add action of the checkpoint has the ${field} ${shown}, which Helios cannot read.`,
    { hint: 'Check which program wrote it, and restore the file if it is damaged.' },
  );
}
