import type { TableAnswer } from '../../../../server/api.ts';
import type { HistoryAnswer, VersionAnswer } from '../../../../server/care/care-api.ts';
import { request } from '../../../api/request.ts';
import { ask } from '../../../api/rows.ts';
import { tableInSql } from '../table-name.ts';
import { firstVersionWith } from './first-version.ts';

/** Where a row is: hot, or in the table since a version. */
export type Settled =
  | { readonly kind: 'hot' }
  | {
      readonly kind: 'settled';
      /** With which it came; or the oldest that can still be asked, which has it already. */
      readonly version: VersionAnswer;
      readonly before: VersionAnswer | undefined;
      /** Of the files that the version added, those that the table still has. */
      readonly pathsLeft: readonly string[];
    };

const versionsMax = 9999;

/** Finds with which version the rows came for which `where` holds; throws `ApiError`. */
export async function settledSince(
  table: TableAnswer,
  where: string,
  signal: AbortSignal,
): Promise<Settled> {
  const name = encodeURIComponent(table.name);
  const path = `/api/v1/tables/${name}/history?limit=${versionsMax}`;
  const { versions } = await request<HistoryAnswer>(path, { signal });
  const [newest] = versions;
  const oldest = versions.at(-1);
  if (newest === undefined || oldest === undefined) return { kind: 'hot' };
  const found = await firstVersionWith(
    { oldest: oldest.version, newest: newest.version },
    async (version) => await hasRow(table, { version, where }, signal),
  );
  const at = versions.findIndex(({ version }) => version === found);
  const version = versions[at];
  if (version === undefined) return { kind: 'hot' };
  const pathsLeft = await pathsThere(table.name, version.paths_added, signal);
  return { kind: 'settled', version, before: versions[at + 1], pathsLeft };
}

async function hasRow(
  table: TableAnswer,
  { version, where }: { readonly version: number; readonly where: string },
  signal: AbortSignal,
): Promise<boolean> {
  const sql = `SELECT count(*) AS rows FROM (
    SELECT 1 FROM ${tableInSql(table)} AT (VERSION => ${version}) WHERE (${where}\n) LIMIT 1)`;
  const [row] = await ask({ sql }, signal);
  return Number(row?.['rows'] ?? 0) > 0;
}

/** The log has URIs, and the list of files has paths. */
async function pathsThere(
  table: string,
  uris: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const sql = 'SELECT path FROM helios.files WHERE table_name = $1 AND NOT is_hot';
  const rows = await ask({ sql, params: [table] }, signal);
  const there = rows.map(({ path }) => String(path));
  return uris.filter((uri) => there.some((path) => path.endsWith(`/${decoded(uri)}`)));
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    // Another writer's name that is no URI.
    return uri;
  }
}
