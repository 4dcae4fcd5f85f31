import { Fragment, type ReactNode } from 'react';
import type { AnswerRow } from '../../api/rows.ts';
import { Ago } from '../../parts/ago.tsx';
import { Icon } from '../../parts/icon.tsx';
import { go, usePlace, withSearch } from '../../place.ts';
import { bytes } from '../../text.ts';
import { bytesOfBase64, hexByte } from './raw/hex.ts';
import type { Reason } from './reason-sql.ts';
import { RawRecord } from './raw-record.tsx';

/** Records in a table; each opens below its row. */
export function RecordList({
  reason,
  rows,
}: {
  readonly reason: Reason;
  readonly rows: readonly AnswerRow[];
}): ReactNode {
  const place = usePlace();
  const open = place.search.get('record');
  return (
    <div className="table-scroll" role="region" aria-label="Rejected records" tabIndex={0}>
      <table className="table quarantine-records">
        <thead>
          <tr>
            <th>record</th>
            <th>state</th>
            <th>rejected</th>
            <th className="quarantine-place">partition</th>
            <th className="quarantine-place">position</th>
            <th className="number">size</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const key = `${String(row['partition'])} ${String(row['position'])}`;
            const isOpen = key === open;
            const toggle = (): void =>
              go(withSearch(place, { record: isOpen ? undefined : key }), 'replace');
            return (
              <Fragment key={key}>
                <RecordRow row={row} isOpen={isOpen} onToggle={toggle} />
                {isOpen && (
                  <tr className="quarantine-open">
                    <td colSpan={6}>
                      <RawRecord
                        reason={reason}
                        partition={String(row['partition'])}
                        position={String(row['position'])}
                        message={String(row['message'])}
                        again={againOf(row)}
                      />
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function RecordRow({
  row,
  isOpen,
  onToggle,
}: {
  readonly row: AnswerRow;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}): ReactNode {
  return (
    <tr>
      <td className="wide">
        <button
          type="button"
          className="quarantine-toggle"
          aria-expanded={isOpen}
          onClick={onToggle}
        >
          <Icon name={isOpen ? 'down' : 'right'} />
          <code>{startOf(row)}</code>
        </button>
      </td>
      <td>
        <RecordState state={String(row['state'])} />
      </td>
      <td>
        <Ago at={String(row['rejected_at'])} />
      </td>
      <td className="quarantine-name quarantine-place">{String(row['partition'])}</td>
      <td className="quarantine-name quarantine-place" title={String(row['position'])}>
        {String(row['position'])}
      </td>
      <td className="number">{bytes(Number(row['bytes']))}</td>
    </tr>
  );
}

/** What became of a record since it was rejected. */
function RecordState({ state }: { readonly state: string }): ReactNode {
  if (state === 'replayed') return <span className="chip cold">replayed</span>;
  if (state === 'failed_again') return <span className="chip rejected">failed again</span>;
  return <span className="chip">open</span>;
}

/** When it was replayed last, and why it failed again. */
function againOf(
  row: AnswerRow,
): { readonly at: string; readonly message: string | null } | undefined {
  if (row['replayed_at'] === null || row['replayed_at'] === undefined) return undefined;
  const message = row['state'] === 'failed_again' ? String(row['replay_message']) : null;
  return { at: String(row['replayed_at']), message };
}

/** The beginning of a record in one line: its text, or its bytes in hexadecimal. */
function startOf(row: AnswerRow): string {
  const text = row['start_text'];
  if (typeof text === 'string') return text.replaceAll(/\s+/g, ' ');
  const base64 = row['start_base64'];
  if (typeof base64 !== 'string') return '';
  return [...bytesOfBase64(base64).subarray(0, 64)].map(hexByte).join(' ');
}
