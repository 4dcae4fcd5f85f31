import type { ReactNode } from 'react';
import { useRows } from '../../../api/rows.ts';
import { Ago } from '../../../parts/ago.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { bytes, count } from '../../../text.ts';

const everyMs = 2000;
const epochsMax = 50;

/** The newest steps of a pipeline: each was taken whole or not at all. */
export function Epochs({ name }: { readonly name: string }): ReactNode {
  const sql = `SELECT * FROM helios.epochs WHERE pipeline = $1
ORDER BY epoch DESC LIMIT ${epochsMax}`;
  const { rows, error } = useRows({ sql, params: [name] }, everyMs);
  return (
    <>
      {/* That nobody answers is said above already. */}
      {error !== undefined && error.code !== 'unavailable' && <Failure error={error} />}
      {rows?.length === 0 && (
        <p className="quiet">
          No epoch since Helios started: one follows as soon as there is something to read.
        </p>
      )}
      {rows !== undefined && rows.length > 0 && (
        <div className="table-scroll" role="region" aria-label="Epochs" tabIndex={0}>
          <table className="table pipelines-narrow">
            <thead>
              <tr>
                <th className="number">epoch</th>
                <th className="number">published</th>
                <th className="number">took</th>
                <th className="number">read</th>
                <th className="number">rows</th>
                <th className="number">rejected</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={String(row['epoch'])}>
                  <td className="number">{count(Number(row['epoch']))}</td>
                  <td className="number">
                    <Ago at={String(row['published_at'])} />
                  </td>
                  <td className="number">{count(Number(row['duration_ms']))} ms</td>
                  <td className="number">{bytes(Number(row['bytes_in']))}</td>
                  <td className="number">{count(Number(row['rows_out']))}</td>
                  <td className="number">
                    {Number(row['records_rejected']) > 0 ? (
                      <span className="chip rejected">
                        {count(Number(row['records_rejected']))}
                      </span>
                    ) : (
                      '0'
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
