import { stat } from 'node:fs/promises';
import { HeliosError } from '../../base/errors.ts';
import type { PinnedView, TableTime, ViewFile } from '../../catalog/view.ts';
import type { Snapshot, TableVersion } from '../../delta/delta.ts';
import { versionAt } from '../../delta/log/history.ts';
import { ColdFiles } from './cold-files.ts';
import type { ForeignTable } from './pinned-views.ts';

/** So many are kept for the next query. */
const snapshotsMax = 4;

/** Tables as they were. */
export class PastVersions {
  /** The one asked for longest ago first. */
  readonly #snapshots = new Map<string, Snapshot>();

  /** `not_found` for a version that is gone, or isn't there yet. */
  async pin(name: string, table: ForeignTable, time: TableTime): Promise<PinnedView> {
    const newest = await table.delta.refresh();
    const version = await versionOf(name, { table, newest, time });
    const snapshot = await this.#at(name, { table, newest, version });
    const cold = new ColdFiles(table, snapshot);
    return {
      name,
      schema: snapshot.schema,
      partitionColumns: snapshot.partitionColumns,
      physical: snapshot.physical,
      version,
      epoch: undefined,
      newestEventMs: undefined,
      hotRows: 0,
      files: cold.files.map((file) => whereThere(file, `version ${version} of ${name}`)),
      release: () => cold.release(),
    };
  }

  async #at(
    name: string,
    { table, newest, version }: { table: ForeignTable; newest: Snapshot; version: TableVersion },
  ): Promise<Snapshot> {
    if (version === newest.version) return newest;
    const key = [table.storage.location, newest.tableId, version].join('\0');
    const found = this.#snapshots.get(key) ?? (await table.delta.at(version));
    if (found === undefined) throw gone(name, version);
    this.#snapshots.delete(key);
    this.#snapshots.set(key, found);
    const oldest = this.#snapshots.keys().next().value;
    if (this.#snapshots.size > snapshotsMax && oldest !== undefined) this.#snapshots.delete(oldest);
    return found;
  }
}

type Asked = {
  readonly table: ForeignTable;
  readonly newest: Snapshot;
  readonly time: TableTime;
};

async function versionOf(name: string, { table, newest, time }: Asked): Promise<TableVersion> {
  if (time.kind === 'version') {
    if (time.version <= newest.version) return time.version;
    throw new HeliosError(
      'not_found',
      `${name} has no version ${time.version} yet: its newest is ${newest.version}.`,
      { hint: 'Ask for that one or an older one.' },
    );
  }
  const asked = new Date(time.atMs).toISOString();
  if (newest.configuration['delta.enableInCommitTimestamps'] === 'true') {
    throw new HeliosError(
      'unsupported_table',
      `Helios cannot find the version of ${name} at ${asked}: it uses inCommitTimestamp.`,
      { hint: 'Ask for a version: AT (VERSION => …).' },
    );
  }
  const found = await versionAt(table.storage, time.atMs);
  if (found !== undefined) return found;
  throw new HeliosError('not_found', `The log of ${name} doesn't reach back to ${asked}.`, {
    hint: 'Ask for a later time.',
  });
}

function gone(name: string, version: TableVersion): HeliosError {
  return new HeliosError('not_found', `Version ${version} of ${name} is gone from its log.`, {
    hint: 'Ask for a newer one; delta.logRetentionDuration says how long they are kept.',
  });
}

/** Files of older versions may have been deleted since. */
function whereThere(file: ViewFile, what: string): ViewFile {
  if (file.kind !== 'cold' || file.fetch !== undefined) return file;
  const fetch = async (): Promise<string> => {
    const facts = await stat(file.path).catch(() => undefined);
    if (facts !== undefined) return file.path;
    throw new HeliosError('not_found', `The file ${file.path} of ${what} is gone.`, {
      hint: 'It was vacuumed; ask for a newer version.',
    });
  };
  return { ...file, fetch };
}
