import type { ViewFile } from '../../catalog/view.ts';
import type { DataFile, PartitionValues, Snapshot } from '../../delta/delta.ts';
import { columnRanges } from '../../format/parquet/column-ranges.ts';
import { HeldFiles } from './held-files.ts';
import type { OpenTable } from './table-registry.ts';

type Committed = Pick<Snapshot, 'physical' | 'partitionColumns'> & {
  readonly files: readonly Omit<DataFile, 'modifiedAtMs'>[];
};

/** The committed files of one version, those of them that were fetched held until `release`. */
export class ColdFiles {
  readonly files: readonly ViewFile[];
  readonly #held = new HeldFiles();

  constructor(
    { storage, deletedRows }: Pick<OpenTable, 'storage'> & Partial<OpenTable>,
    snapshot: Committed,
  ) {
    const valuesOf = logicalPartitions(snapshot);
    this.files = snapshot.files.map((file): ViewFile => {
      const { path, partitionValues, statsJson, byteLength, deletionVector } = file;
      const local = storage.localPath(path);
      const facts = {
        kind: 'cold',
        partitionValues: valuesOf(partitionValues),
        statsJson,
        ...(deletionVector &&
          deletedRows && {
            fetchDeleted: async () => await this.#held.hold(deletedRows(deletionVector)),
          }),
      } as const;
      if (local !== undefined) return { ...facts, path: local };
      const fetch = async (columns?: readonly string[]): Promise<string> => {
        const choose = columns && chooserOf(columns, snapshot);
        if (choose === undefined || storage.holdPart === undefined) {
          return await this.#held.hold(storage.hold(path, byteLength));
        }
        return await this.#held.hold(storage.holdPart(path, byteLength, choose));
      };
      return { ...facts, path: `${storage.location}/${path}`, fetch };
    });
  }

  release(): void {
    this.#held.release();
  }
}

/** Undefined where columns aren't found by their names. */
function chooserOf(
  columns: readonly string[],
  { physical }: Committed,
): ReturnType<typeof columnRanges> | undefined {
  if (physical?.by === 'id') return undefined;
  const nameOf = (column: string): string =>
    physical?.columns.find(({ name }) => name === column)?.physicalName ?? column;
  return columnRanges(columns.map(nameOf));
}

/** Partition values have the columns' physical names in the log. */
function logicalPartitions({
  physical,
  partitionColumns,
}: Committed): (values: PartitionValues) => PartitionValues {
  if (physical === undefined) return (values) => values;
  const names = physical.columns
    .filter((column) => partitionColumns.includes(column.name))
    .map((column) => [column.name, column.physicalName] as const);
  return (values) =>
    Object.fromEntries(names.map(([name, physicalName]) => [name, values[physicalName] ?? null]));
}
