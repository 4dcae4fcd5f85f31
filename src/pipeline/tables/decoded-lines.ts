import type { PinnedView } from '../../catalog/view.ts';
import { ownLines } from '../../format/json/own-lines.ts';
import type { FilesSnapshot } from '../../sink/filesystem/file-table.ts';

/**
 * How a view reads files that aren't Parquet: JSON lines hold all columns, those of folders too.
 */
export function decodedLines({
  format,
  columns,
}: FilesSnapshot): Partial<Pick<PinnedView, 'linesSql' | 'partitionColumns'>> {
  if (format.kind !== 'json') return {};
  return { linesSql: ownLines(columns, format.timestampFormat), partitionColumns: [] };
}
