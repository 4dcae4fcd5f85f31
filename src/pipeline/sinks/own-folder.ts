import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { HeliosError, type TextPosition } from '../../base/errors.ts';
import { isRemotePath } from '../../sql/connector/availability.ts';
import { quarantineTable } from '../epoch/quarantine.ts';
import { replayTable } from '../replay/replay.ts';
import { viewsFolder } from '../views/view-places.ts';

/** What lies in a data directory besides `tables`, and a word for it. */
const ownNames: ReadonlyMap<string, string> = new Map([
  ['helios.json', 'settings'],
  ['lock.db', 'lock'],
  ['owner.json', 'lock'],
  ['catalog.db', 'catalog'],
  ['log', 'events'],
  ['streams', 'events'],
  ['pipelines', 'state'],
  ['set-aside', 'state'],
  ['cache', 'cache'],
  ['uploads', 'uploads'],
  [viewsFolder, 'materialized views'],
  ['tmp', 'temporary files'],
  ['maintenance.ndjson', 'journal'],
  ['audit.ndjson', 'journal'],
]);

const ownTables: readonly string[] = [quarantineTable, replayTable];

export type SinkPlace = {
  readonly table: string;
  /** Absolute, or a URL. */
  readonly path: string;
  readonly position: TextPosition;
};

/**
 * Refuses a sink among the files of Helios itself, where each would delete or overwrite what is the
 * other's: `invalid_config`. Folders of tables may lie in `tables` of the data directory.
 */
export function checkIsNotOwn({ table, path, position }: SinkPlace, dataDirectory: string): void {
  if (isRemotePath(path)) return;
  const [root, place] = [realPath(dataDirectory), realPath(path)];
  const what = ownPart(relative(root, place)) ?? (isWithin(place, root) ? 'files' : undefined);
  if (what === undefined) return;
  throw new HeliosError(
    'invalid_config',
    `The path of ${table}, ${path}, is where Helios keeps its own ${what}.`,
    {
      hint: `Choose a folder outside of ${dataDirectory}, or one in its folder tables.`,
      position,
    },
  );
}

/** What Helios keeps at a path below its data directory. */
function ownPart(below: string): string | undefined {
  const [first = '', second] = below.split(sep);
  // SQLite has files beside its own: catalog.db-wal.
  const name = first.replace(/-(?:wal|shm|journal)$/, '');
  if (name !== 'tables') return ownNames.get(name);
  if (second === undefined) return 'tables';
  return ownTables.includes(second) ? 'tables of rejected records' : undefined;
}

function isWithin(place: string, root: string): boolean {
  const above = relative(place, root);
  return above === '' || (above !== '..' && !above.startsWith(`..${sep}`));
}

/** Without links, as far as the path exists. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realPath(above), basename(path));
  }
}
