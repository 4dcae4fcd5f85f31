import { HeliosError } from '../base/errors.ts';
import type { AddAction, RemoveAction } from './actions.ts';
import type { ReplacedFiles, Snapshot } from './delta.ts';
import type { Signature } from './plan-commit.ts';
import type { TableState } from './state.ts';

/**
 * Fails with `unsupported_table` where rows of the table may not be replaced, or other engines
 * would have to be told which ones were.
 */
export function checkReplaceable({ configuration }: Pick<Snapshot, 'configuration'>): void {
  const setting = ['delta.appendOnly', 'delta.enableChangeDataFeed'].find(
    (name) => configuration[name] === 'true',
  );
  if (setting === undefined) return;
  throw new HeliosError(
    'unsupported_table',
    `Helios cannot replace rows of the table: its ${setting} is true.`,
    { hint: 'Set it to false with the engine that owns the table, or write to another path.' },
  );
}

/**
 * The actions that take files away. Fails with `table_conflict` where the table is no longer what
 * the replacements were made for.
 */
export function removesOf(
  state: TableState,
  replaces: ReplacedFiles | undefined,
  signature: Signature,
): readonly RemoveAction[] {
  if (replaces === undefined) return [];
  checkReplaceable(state);
  if (state.version !== replaces.version) {
    throw new HeliosError(
      'table_conflict',
      `The table was at version ${replaces.version} when its rows were replaced, ` +
        `and is at ${state.version} now.`,
      { hint: 'They have to be replaced in that one.' },
    );
  }
  const gone = new Set(replaces.files.map(({ path }) => path));
  return state
    .liveFiles()
    .filter(({ path }) => gone.has(path))
    .map((file) => removeAction(file, true, signature));
}

export function removeAction(
  { action }: { readonly action: AddAction },
  dataChange: boolean,
  { nowMs }: Signature,
): RemoveAction {
  return {
    path: action.path,
    deletionTimestamp: nowMs,
    dataChange,
    extendedFileMetadata: true,
    partitionValues: action.partitionValues,
    size: action.size,
    deletionVector: action.deletionVector,
  };
}
