import type { ReactNode } from 'react';
import { useRows } from '../../../api/rows.ts';
import { Link } from '../../../link.tsx';
import { Ago } from '../../../parts/ago.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { lastFirst } from '../../quarantine/reason-sql.ts';

const everyMs = 3000;
const recordsMax = 20;

/** The records that a pipeline rejected last. */
export function Rejected({ name }: { readonly name: string }): ReactNode {
  const sql = `SELECT source, "partition", "position", rejected_at, code, message FROM quarantine
WHERE pipeline = $1 ORDER BY rejected_at DESC, ${lastFirst} LIMIT ${recordsMax}`;
  const { rows, error } = useRows({ sql, params: [name] }, everyMs);
  return (
    <>
      {/* That nobody answers is said above already. */}
      {error !== undefined && error.code !== 'unavailable' && <Failure error={error} />}
      {rows?.length === 0 && <p className="quiet">It rejected no record.</p>}
      {rows !== undefined && rows.length > 0 && (
        <>
          <div className="table-scroll" role="region" aria-label="Rejected records" tabIndex={0}>
            <table className="table">
              <thead>
                <tr>
                  <th>rejected</th>
                  <th>reason</th>
                  <th>message</th>
                  <th>source</th>
                  <th>partition</th>
                  <th>position</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={`${String(row['partition'])} ${String(row['position'])}`}>
                    <td>
                      <Ago at={String(row['rejected_at'])} />
                    </td>
                    <td>
                      <span className="chip rejected">{String(row['code'])}</span>
                    </td>
                    <td className="pipelines-message" title={String(row['message'])}>
                      {String(row['message'])}
                    </td>
                    <td className="pipelines-names">{String(row['source'])}</td>
                    <td className="pipelines-names">{String(row['partition'])}</td>
                    <td className="pipelines-names">{String(row['position'])}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p className="pipelines-after">
            <Link href={`/quarantine?pipeline=${encodeURIComponent(name)}`}>
              All of its rejected records by reason
            </Link>
          </p>
        </>
      )}
    </>
  );
}
