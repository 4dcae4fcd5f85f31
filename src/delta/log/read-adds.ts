import type { Connection } from '../../engine/engine.ts';
import type { Column, Schema } from '../../event/schema.ts';
import type { AddAction, JsonObject } from '../actions.ts';
import { HeliosError } from '../../base/errors.ts';
import type { PartitionValues } from '../delta.ts';
import { LiveFile } from './live-file.ts';

/**
 * The `add` actions of a checkpoint, column by column: there may be a hundred thousand, and a line
 * of JSON for each would be made only to be taken apart. Statistics stay the text that they are;
 * files of one partition share its values.
 */
export async function readAdds(
  connection: Connection,
  source: string,
  columns: Schema,
): Promise<readonly LiveFile[]> {
  const add = columns.find((column) => column.name === 'add');
  if (add?.type.kind !== 'struct') return [];
  const files: LiveFile[] = [];
  const partitions = new Map<string, PartitionValues>();
  const select = `SELECT ${selected(add).join(', ')} FROM ${source} WHERE add IS NOT NULL`;
  for await (const chunk of connection.chunks(select, [])) {
    const [paths, sizes, times, changes, stats, values, rest] = Array.from(
      { length: chunk.columnCount },
      (_, index) => chunk.getColumnValues(index),
    );
    for (let row = 0; row < chunk.rowCount; row++) {
      files.push(
        new LiveFile({
          path: textOf(paths?.[row], 'path'),
          size: wholeOf(sizes?.[row], 'size'),
          modificationTime: wholeOf(times?.[row], 'modificationTime'),
          dataChange: changes?.[row] !== false,
          stats: optionalText(stats?.[row]),
          partitionValues: partitionValues(optionalText(values?.[row]) ?? '{}', partitions),
          ...restOf(optionalText(rest?.[row])),
        }),
      );
    }
  }
  return files;
}

/** Numbers as DOUBLE, which is a JavaScript number at once. */
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
    pick('size', 'add.size::DOUBLE'),
    pick('modificationTime', 'add.modificationTime::DOUBLE'),
    pick('dataChange', 'add.dataChange'),
    `coalesce(${stats.join(', ')})`,
    pick('partitionValues', 'to_json(add.partitionValues)::VARCHAR'),
    rare.length === 0
      ? 'NULL'
      : `CASE WHEN ${isAnyRare} THEN to_json(struct_pack(${packed}))::VARCHAR END`,
  ];
}

function partitionValues(text: string, known: Map<string, PartitionValues>): PartitionValues {
  const found = known.get(text);
  if (found !== undefined) return found;
  const values = JSON.parse(text) as PartitionValues;
  known.set(text, values);
  return values;
}

function restOf(text: string | undefined): Pick<AddAction, 'tags' | 'deletionVector'> {
  if (text === undefined) return {};
  const parsed = JSON.parse(text) as {
    readonly tags?: Readonly<Record<string, string>> | null;
    readonly deletionVector?: JsonObject | null;
  };
  return {
    tags: parsed.tags ?? undefined,
    deletionVector: parsed.deletionVector ?? undefined,
  };
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function textOf(value: unknown, field: string): string {
  return optionalText(value) ?? fail(value, field);
}

function wholeOf(value: unknown, field: string): number {
  return Number.isSafeInteger(value) ? Number(value) : fail(value, field);
}

function fail(value: unknown, field: string): never {
  throw new HeliosError(
    'corrupt_data',
    `An add action of the checkpoint has ${field} ${String(value)}, which Helios cannot read.`,
    { hint: 'Check which program wrote it, and restore the file if it is damaged.' },
  );
}
