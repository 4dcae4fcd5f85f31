import { isRemotePath } from '../connector/availability.ts';
import { readPath } from '../connector/sources.ts';
import { plainColumns } from '../connector/source-columns.ts';
import { readStorageOptions } from '../connector/storage-options.ts';
import type { TableText } from '../connector/table-text.ts';
import type { LookupTable } from '../script.ts';

/** How long a lookup table is taken as it was, unless the script says. */
export const lookupCheckMsDefault = 5000;

/** Files of tables that are looked up are read whole, of whichever of these they are. */
const connectors: readonly string[] = ['delta', 'filesystem', 'single_file'];

/** Makes a lookup table of a CREATE TABLE; what is wrong is reported, and undefined comes back. */
export function readLookup(table: TableText): LookupTable | undefined {
  const { options, name, connector } = table;
  if (!connectors.includes(connector)) {
    const message = `The connector ${connector} has no lookup tables here.`;
    const hint =
      'Lookup tables are read with delta, filesystem or single_file; tables that Helios knows ' +
      'are joined by their names, without CREATE TABLE.';
    options.report(options.spanOf('connector'), message, hint);
    return undefined;
  }
  const path = readPath(options);
  const storage = readStorageOptions(options, isRemotePath(path));
  const checkMs = options.durationMs('lookup.cache.ttl') ?? lookupCheckMsDefault;
  options.refuse('lookup.cache.max_bytes', 'The whole table is kept here.', 'Leave it out.');
  options.refuse('format', 'The files say their format by their names.', 'Leave it out.');
  options.finish(connector);
  if (table.list?.watermark !== undefined) {
    const message = 'A lookup table has no event time.';
    options.report(table.list.watermark.column, message, 'Leave WATERMARK FOR out.');
  }
  const columns = plainColumns(table);
  if (columns.length === 0 && !table.isBroken) {
    const hint = 'Add those that are wanted after the name, with their types.';
    options.report(name, `The table "${name.value}" declares no columns.`, hint);
  }
  for (const { name: column, origin } of columns) {
    if (origin.kind === 'field') continue;
    const message = `The column ${column} of a lookup table is computed.`;
    options.report(name, message, 'Compute it in the SELECT.');
  }
  return {
    name: name.value,
    position: table.lines.positionOf(name),
    place: { path, storage },
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
    checkMs,
  };
}
