import { HeliosError } from '../base/errors.ts';
import type { Actions, JsonObject } from './actions.ts';
import type { Replacement, RewriteRequest } from './delta.ts';
import { addAction, checkColumns, checkFiles, type Signature } from './plan-commit.ts';
import { removeAction } from './replaced-files.ts';
import type { LiveFile, TableState } from './state.ts';

/**
 * The replacements all of whose files are live in `state`, as they were when they were read: a file
 * that somebody removed, or of which rows were deleted since, makes its replacement void.
 */
export function holding(
  state: TableState,
  replacements: readonly Replacement[],
): readonly Replacement[] {
  const live = new Map(state.liveFiles().map((file) => [file.path, file]));
  return replacements.filter(({ removes }) =>
    removes.every(({ path, byteLength }) => {
      const file = live.get(path);
      return file?.byteLength === byteLength && file.action.deletionVector === undefined;
    }),
  );
}

/**
 * The actions that put files in the place of others with the same rows. Streams over the table pass
 * over such a commit (`dataChange` is false). Fails with `table_conflict` when the table has
 * changed so that the new files no longer fit.
 */
export function planRewrite(
  state: TableState,
  request: RewriteRequest,
  signature: Signature,
): Actions {
  const adds = request.replacements.flatMap((replacement) => replacement.adds);
  const gone = new Set(request.replacements.flatMap(({ removes }) => removes.map(pathOf)));
  const removes = state.liveFiles().filter((file) => gone.has(file.path));
  checkFiles(state, adds);
  checkColumns(state.schema, request.fileSchema);
  return {
    commitInfo: {
      ...commitInfo(state, signature),
      operation: request.operation,
      operationParameters: request.operationParameters,
      isolationLevel: 'SnapshotIsolation',
      operationMetrics: {
        numAddedFiles: String(adds.length),
        numRemovedFiles: String(removes.length),
        numAddedBytes: bytesText(adds),
        numRemovedBytes: bytesText(removes),
      },
    },
    protocol: undefined,
    metadata: undefined,
    transactions: [],
    adds: adds.map((file) => ({ ...addAction(file), dataChange: false })),
    removes: removes.map((file) => removeAction(file, false, signature)),
    domains: [],
  };
}

export type RestoreDifference = {
  /** Whether there is anything to do. */
  readonly isAny: boolean;
  /** Files of the target that are not live now. */
  readonly adds: readonly LiveFile[];
  /** Live files that the target doesn't have. */
  readonly removes: readonly LiveFile[];
};

/** What has to change so that `state` has the files and columns of `target`. */
export function restoreDifference(state: TableState, target: TableState): RestoreDifference {
  const now = new Map(state.liveFiles().map((file) => [file.path, file]));
  const then = new Map(target.liveFiles().map((file) => [file.path, file]));
  const adds = target.liveFiles().filter((file) => !isSame(file, now.get(file.path)));
  const removes = state.liveFiles().filter((file) => !isSame(file, then.get(file.path)));
  const isAny = adds.length > 0 || removes.length > 0 || changesMetadata(state, target);
  return { isAny, adds, removes };
}

/**
 * The actions that make the table what it was at `target`. Fails with `not_allowed` where rows
 * would have to go from a table that only takes more, `unsupported_table` where Helios can't write
 * what the older version uses.
 */
export function planRestore(state: TableState, target: TableState, signature: Signature): Actions {
  const { adds, removes } = restoreDifference(state, target);
  checkRestorable(state, [...adds, ...removes], removes.length > 0);
  return {
    commitInfo: {
      ...commitInfo(state, signature),
      operation: 'RESTORE',
      operationParameters: { version: String(target.version), timestamp: '' },
      isolationLevel: 'Serializable',
      operationMetrics: {
        numRestoredFiles: String(adds.length),
        numRemovedFiles: String(removes.length),
        restoredFilesSize: bytesText(adds),
        removedFilesSize: bytesText(removes),
        numOfFilesAfterRestore: String(target.fileCount),
        tableSizeAfterRestore: bytesText(target.files),
      },
    },
    protocol: undefined,
    metadata: changesMetadata(state, target) ? target.metadata : undefined,
    transactions: [],
    adds: adds.map((file) => ({ ...file.action, dataChange: true })),
    removes: removes.map((file) => removeAction(file, true, signature)),
    domains: [],
  };
}

function checkRestorable(
  state: TableState,
  files: readonly LiveFile[],
  removesRows: boolean,
): void {
  if (removesRows && state.configuration['delta.appendOnly'] === 'true') {
    throw new HeliosError(
      'not_allowed',
      'The table only takes rows (delta.appendOnly is true), and the restore would take some away.',
      { hint: 'Set delta.appendOnly to false with the engine that owns the table.' },
    );
  }
  const file = files.find((live) => live.action.deletionVector !== undefined);
  if (file === undefined) return;
  throw new HeliosError(
    'unsupported_table',
    `Helios cannot restore across a deletion vector (file ${file.path}).`,
    { hint: 'Restore with the engine that made it.' },
  );
}

function changesMetadata(state: TableState, target: TableState): boolean {
  return JSON.stringify(state.metadata) !== JSON.stringify(target.metadata);
}

function isSame(file: LiveFile, other: LiveFile | undefined): boolean {
  return (
    other !== undefined &&
    JSON.stringify(file.action.deletionVector) === JSON.stringify(other.action.deletionVector)
  );
}

function commitInfo(state: TableState, signature: Signature): JsonObject {
  return {
    timestamp: signature.nowMs,
    readVersion: state.version,
    isBlindAppend: false,
    engineInfo: signature.engineInfo,
    txnId: signature.txnId,
  };
}

function bytesText(files: readonly { readonly byteLength: number }[]): string {
  return String(files.reduce((sum, file) => sum + file.byteLength, 0));
}

function pathOf(file: { readonly path: string }): string {
  return file.path;
}
