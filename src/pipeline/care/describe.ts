import type { TableVersion } from '../../delta/delta.ts';
import type { Schema } from '../../event/schema.ts';
import type { OpenTable } from '../tables/table-registry.ts';
import { smallFiles } from './choose-files.ts';
import { retentionOf } from './vacuum.ts';

/** All that a table's newest version says of it. */
export type TableDescription = {
  readonly name: string;
  readonly location: string;
  readonly tableId: string;
  readonly version: TableVersion;
  readonly schema: Schema;
  readonly partitionColumns: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly protocol: { readonly minReaderVersion: number; readonly minWriterVersion: number };
  readonly files: number;
  readonly bytes: number;
  /** Undefined where a file doesn't say. */
  readonly rows: number | undefined;
  /** Shorter than half of what files shall be. */
  readonly smallFiles: number | undefined;
  readonly targetBytes: number | undefined;
  readonly partitions: number;
  /** How long files that the table let go stay. */
  readonly retentionMs: number;
  /** Whether Helios takes care of it. */
  readonly isCaredFor: boolean;
  /** Names of the pipelines that write to it. */
  readonly feeders: readonly string[];
  /** `appId` → how far it is. */
  readonly transactions: Readonly<Record<string, number>>;
};

type Known = {
  readonly name: string;
  readonly isOwn: boolean;
  readonly feeders: readonly string[];
  readonly targetBytes: number | undefined;
};

export async function describeTable(
  { storage, delta }: Pick<OpenTable, 'storage' | 'delta'>,
  { name, isOwn, feeders, targetBytes }: Known,
): Promise<TableDescription> {
  const snapshot = await delta.refresh();
  const { files } = snapshot;
  const isCounted = files.every(({ rowCount }) => rowCount !== undefined);
  const { minReaderVersion, minWriterVersion } = snapshot.protocol;
  return {
    name,
    location: storage.location,
    tableId: snapshot.tableId,
    version: snapshot.version,
    schema: snapshot.schema,
    partitionColumns: snapshot.partitionColumns,
    properties: snapshot.configuration,
    protocol: { minReaderVersion, minWriterVersion },
    files: files.length,
    bytes: files.reduce((sum, file) => sum + file.byteLength, 0),
    rows: isCounted ? files.reduce((sum, file) => sum + (file.rowCount ?? 0), 0) : undefined,
    smallFiles: targetBytes === undefined ? undefined : smallFiles(snapshot, targetBytes).length,
    targetBytes,
    partitions: new Set(files.map((file) => JSON.stringify(file.partitionValues))).size,
    retentionMs: retentionOf(snapshot.configuration),
    isCaredFor: isOwn,
    feeders,
    transactions: Object.fromEntries(
      [...snapshot.transactions].map(([appId, { version }]) => [appId, version]),
    ),
  };
}
