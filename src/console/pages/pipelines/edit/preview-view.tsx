import type { ReactNode } from 'react';
import { cellText } from '../../../grid/values/cell-text.ts';
import { columnKind, zoneNote } from '../../../grid/values/columns.ts';
import { Failure } from '../../../parts/failure.tsx';
import { count } from '../../../text.ts';
import { useZone } from '../../../time/zone.ts';
import type { Preview } from './preview-lines.ts';
import { previewRowsMax } from './use-preview.ts';

/** Rows that the script would write, and the records that it would reject. */
export function PreviewView({
  preview,
  isRunning,
  isOfOtherText,
}: {
  readonly preview: Preview;
  readonly isRunning: boolean;
  readonly isOfOtherText: boolean;
}): ReactNode {
  const zone = useZone();
  return (
    <div className="edit-preview">
      <p className="quiet" role="status">
        {summaryOf(preview, isRunning)}
        {isOfOtherText && ' Of the text before your last change.'}
      </p>
      {preview.error !== undefined && <Failure error={preview.error} />}
      {preview.sinks
        .filter(({ rows }) => rows.length > 0)
        .map(({ name, columns, rows }) => (
          <section key={name} aria-label={`Rows of ${name}`}>
            <h3>{name}</h3>
            <div className="table-scroll edit-rows" role="region" aria-label={name} tabIndex={0}>
              <table className="table">
                <thead>
                  <tr>
                    {columns.map((column) => (
                      <th
                        key={column.name}
                        title={[column.type, zoneNote(column.type, zone)]
                          .filter(Boolean)
                          .join('\n')}
                      >
                        {column.name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row, index) => (
                    <tr key={index}>
                      {columns.map((column, at) => (
                        <Cell key={column.name} value={row[at]} type={column.type} />
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </section>
        ))}
      {preview.rejected.length > 0 && (
        <section aria-label="Records that would be rejected">
          <h3>Would be rejected: {count(preview.rejectedCount)}</h3>
          <ul className="edit-rejected">
            {preview.rejected.map(({ code, message, raw }, index) => (
              <li key={index}>
                <span className="chip rejected">{code}</span> {message}
                <code>{raw.slice(0, rawLength)}</code>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** Characters of a record that a list shows. */
const rawLength = 300;

/** Characters of a value that a cell shows. */
const cellLength = 200;

function Cell({ value, type }: { readonly value: unknown; readonly type: string }): ReactNode {
  const zone = useZone();
  if (value === null || value === undefined) return <td className="quiet">NULL</td>;
  const written = typeof value === 'string' ? value : JSON.stringify(value);
  const text =
    zoneNote(type, zone) === undefined ? written : cellText(written, columnKind(type), zone);
  return (
    <td className={typeof value === 'number' ? 'number' : undefined}>
      {text.slice(0, cellLength)}
    </td>
  );
}

function summaryOf({ sinks, rejectedCount, end }: Preview, isRunning: boolean): string {
  const rows = sinks.reduce((sum, sink) => sum + sink.rows.length, 0);
  const known = `${count(rows)} rows, ${count(rejectedCount)} rejected`;
  if (isRunning) return `${known} so far …`;
  if (end === undefined) return `${known}.`;
  return `${known}. ${reasons[end.reason]}`;
}

const reasons = {
  sources_ended: 'That is all there is.',
  row_limit: `A preview ends after ${previewRowsMax} rows.`,
  timeout: 'No more came in time.',
} as const;
