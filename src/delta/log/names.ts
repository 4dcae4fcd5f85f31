import type { TableVersion } from '../delta.ts';

/** The folder of a table's log. */
export const logFolder = '_delta_log';
export const lastCheckpointPath: string = `${logFolder}/_last_checkpoint`;

export type LogFile =
  | { readonly kind: 'commit'; readonly version: TableVersion }
  | ({ readonly kind: 'checkpoint' } & Checkpoint);

/** `v2` has a UUID in its name; a V2 checkpoint may also have the name of a single one. */
export type CheckpointForm =
  | { readonly kind: 'single' }
  | { readonly kind: 'part'; readonly part: number; readonly parts: number }
  | { readonly kind: 'v2'; readonly name: string };

/** A checkpoint, whole: a part stands for all of them. */
export type Checkpoint = { readonly version: TableVersion; readonly form: CheckpointForm };

export function commitPath(version: TableVersion): string {
  return `${logFolder}/${versionText(version)}.json`;
}

export function checkpointPath(version: TableVersion): string {
  return `${logFolder}/${versionText(version)}.checkpoint.parquet`;
}

function checkpointPartPath(version: TableVersion, part: number, parts: number): string {
  const [partText, partsText] = [part, parts].map((number) => String(number).padStart(10, '0'));
  return `${logFolder}/${versionText(version)}.checkpoint.${partText}.${partsText}.parquet`;
}

/** The files of a checkpoint, but for those that it names itself. */
export function checkpointPaths({ version, form }: Checkpoint): readonly string[] {
  if (form.kind === 'single') return [checkpointPath(version)];
  if (form.kind === 'v2') return [`${logFolder}/${versionText(version)}.${form.name}`];
  return Array.from({ length: form.parts }, (_, index) =>
    checkpointPartPath(version, index + 1, form.parts),
  );
}

/** Where a V2 checkpoint keeps its files of adds and removes. */
export const sidecarFolder: string = `${logFolder}/_sidecars`;

/** Where a listing starts so that `version` is the first it can meet. */
export function beforeVersion(version: TableVersion): string {
  return `${logFolder}/${versionText(version)}`;
}

/**
 * What a file of the log is; undefined for checksums, compacted commits and what Delta does not
 * know.
 */
export function parseLogPath(path: string): LogFile | undefined {
  const [, digits, rest] = /^_delta_log\/(\d{20})\.(.+)$/.exec(path) ?? [];
  if (digits === undefined || rest === undefined) return undefined;
  const version = Number(digits);
  if (rest === 'json') return { kind: 'commit', version };
  const form = checkpointForm(rest);
  return form && { kind: 'checkpoint', version, form };
}

function checkpointForm(rest: string): CheckpointForm | undefined {
  if (rest === 'checkpoint.parquet') return { kind: 'single' };
  const [, part, parts] = /^checkpoint\.(\d{10})\.(\d{10})\.parquet$/.exec(rest) ?? [];
  if (part !== undefined) return { kind: 'part', part: Number(part), parts: Number(parts) };
  const isV2 = /^checkpoint\.[0-9a-fA-F-]{36}\.(json|parquet)$/.test(rest);
  return isV2 ? { kind: 'v2', name: rest } : undefined;
}

function versionText(version: TableVersion): string {
  return String(version).padStart(20, '0');
}
