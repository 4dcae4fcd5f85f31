import { assert } from '../base/assert.ts';
import { HeliosError } from '../base/errors.ts';
import type { Column, Schema } from '../event/schema.ts';
import type { Actions, AddAction, JsonObject, MetadataAction, ProtocolAction } from './actions.ts';
import type { CommitRequest, NewDataFile } from './delta.ts';
import { encodePath } from './path.ts';
import { appendColumns, isSameStoredType, printSchema } from './schema-json.ts';
import { removesOf } from './replaced-files.ts';
import type { TableState } from './state.ts';

/** What makes one attempt to commit recognisable, whoever asks later. */
export type Signature = {
  /** Unique to the commit; the same in all its attempts. */
  readonly txnId: string;
  readonly engineInfo: string;
  readonly nowMs: number;
};

/** What a table is made as. */
export type TableDefinition = {
  readonly tableId: string;
  readonly schema: Schema;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
};

/**
 * The actions that carry out a request on top of `state`. The files were written with the columns
 * of
 * `fileSchema`: fails with `table_conflict` when the table has changed so that they no longer fit.
 */
export function planCommit(
  state: TableState,
  request: CommitRequest,
  fileSchema: Schema,
  signature: Signature,
): Actions {
  checkFiles(state, request.adds);
  const missing = missingColumns(state.schema, request.newColumns);
  checkColumns([...state.schema, ...missing], fileSchema);
  const { appId, version } = request.transaction;
  const metadata = missing.length === 0 ? undefined : evolved(state.metadata, missing);
  const removes = removesOf(state, request.replaces, signature);
  const isBlind = metadata === undefined && request.replaces === undefined;
  return {
    commitInfo: commitInfo(state, request, signature, isBlind),
    protocol: undefined,
    metadata,
    transactions: [{ appId, version, lastUpdated: signature.nowMs }],
    adds: request.adds.map(addAction),
    removes,
    domains: [],
  };
}

/** The first commit of a table. */
export function planCreate(
  definition: TableDefinition,
  protocol: ProtocolAction,
  signature: Signature,
): Actions {
  const { partitionColumns, schema } = definition;
  checkPartitionColumns(schema, partitionColumns);
  return {
    commitInfo: {
      timestamp: signature.nowMs,
      operation: 'CREATE TABLE',
      operationParameters: {
        partitionBy: JSON.stringify(partitionColumns),
        properties: JSON.stringify(definition.configuration),
      },
      isolationLevel: 'Serializable',
      isBlindAppend: true,
      operationMetrics: {},
      engineInfo: signature.engineInfo,
      txnId: signature.txnId,
    },
    protocol,
    metadata: {
      id: definition.tableId,
      format: { provider: 'parquet', options: {} },
      schemaString: printSchema(schema),
      partitionColumns,
      configuration: definition.configuration,
      createdTime: signature.nowMs,
    },
    transactions: [],
    adds: [],
    removes: [],
    domains: [],
  };
}

/**
 * Fails with `already_exists` when the table that is there can't take what `definition` describes.
 */
export function checkSameTable(state: TableState, definition: TableDefinition): void {
  const differing = definition.schema.find((column) => !hasColumn(state.schema, column));
  const theirs = state.partitionColumns.join(', ');
  const ours = definition.partitionColumns.join(', ');
  if (differing === undefined && theirs === ours) return;
  const problem =
    differing === undefined
      ? `it is partitioned by (${theirs}), not by (${ours})`
      : `its column ${differing.name} is missing or has another type`;
  throw new HeliosError('already_exists', `There is a Delta table already, and ${problem}.`, {
    hint: 'Write to another path, or change the columns to match the table.',
  });
}

export function checkFiles(state: TableState, adds: readonly NewDataFile[]): void {
  const partitionColumns = state.partitionColumns.toSorted().join('\n');
  for (const file of adds) {
    assert(!state.hasFile(file.path), `the file ${file.path} is in the table already`);
    if (Object.keys(file.partitionValues).toSorted().join('\n') !== partitionColumns) {
      throw conflict(`its partition columns are now (${state.partitionColumns.join(', ')})`);
    }
  }
  assert(new Set(adds.map((file) => file.path)).size === adds.length, 'a file is added twice');
}

/** Columns asked for that nobody has added in the meantime. */
function missingColumns(schema: Schema, newColumns: Schema): Schema {
  return newColumns.filter((column) => {
    const name = column.name.toLowerCase();
    return !schema.some((existing) => existing.name.toLowerCase() === name);
  });
}

export function checkColumns(schema: Schema, fileSchema: Schema): void {
  for (const column of fileSchema) {
    if (hasColumn(schema, column)) continue;
    throw conflict(`its column ${column.name} is gone or has another type`);
  }
}

function hasColumn(schema: Schema, column: Column): boolean {
  const existing = schema.find((other) => other.name === column.name);
  return existing !== undefined && isSameStoredType(existing.type, column.type);
}

function conflict(what: string): HeliosError {
  return new HeliosError(
    'table_conflict',
    `The Delta table was changed by another writer since its files were written: ${what}.`,
    { hint: 'The files have to be written again for the new columns.' },
  );
}

function checkPartitionColumns(schema: Schema, partitionColumns: readonly string[]): void {
  for (const name of partitionColumns) {
    if (schema.some((column) => column.name === name)) continue;
    throw new HeliosError(
      'invalid_name',
      `The partition column ${name} is not a column of the table.`,
    );
  }
  if (partitionColumns.length > 0 && partitionColumns.length === schema.length) {
    throw new HeliosError('invalid_name', 'Every column of the table is a partition column.', {
      hint: 'Keep at least one column that is not, for the files to hold.',
    });
  }
}

/** The other fields, the id above all, stay: it is the same table. */
function evolved(metadata: MetadataAction, columns: Schema): MetadataAction {
  return { ...metadata, schemaString: appendColumns(metadata.schemaString, columns) };
}

export function addAction(file: NewDataFile): AddAction {
  return {
    path: encodePath(file.path),
    partitionValues: file.partitionValues,
    size: file.byteLength,
    modificationTime: file.modifiedAtMs,
    dataChange: true,
    stats: file.statsJson,
  };
}

/**
 * `isBlindAppend` decides whether other engines see a conflict with what they are doing: true only
 * where nothing was read and the schema is left alone. Values are text, as Spark's history wants
 * them.
 */
function commitInfo(
  state: TableState,
  request: CommitRequest,
  signature: Signature,
  isBlindAppend: boolean,
): JsonObject {
  const outputBytes = request.adds.reduce((sum, file) => sum + file.byteLength, 0);
  return {
    timestamp: signature.nowMs,
    operation: request.operation,
    operationParameters: request.operationParameters ?? {},
    readVersion: state.version,
    isolationLevel: 'WriteSerializable',
    isBlindAppend,
    operationMetrics: {
      numFiles: String(request.adds.length),
      numOutputBytes: String(outputBytes),
    },
    engineInfo: signature.engineInfo,
    txnId: signature.txnId,
  };
}
