import type { ReactNode } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';
import { useRows } from '../../../api/rows.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { bytes, count } from '../../../text.ts';
import { sqlHref } from '../table-name.ts';
import { filesQuestion } from './files-question.ts';

const filesShown = 200;
const everyMs = 5000;

/** The files that hold the rows; the hot ones become fewer, larger ones when they are rolled. */
export function FileList({ table }: { readonly table: TableAnswer }): ReactNode {
  const { rows, error } = useRows(filesQuestion(table.name, filesShown), everyMs);
  const all = `SELECT * FROM helios.files WHERE table_name = '${table.name.replaceAll("'", "''")}'`;
  return (
    <div aria-busy={rows === undefined && error === undefined}>
      {error !== undefined && <Failure error={error} />}
      {rows?.length === 0 && <p className="quiet">No files yet: they come with the first rows.</p>}
      {rows?.length === filesShown && (
        <p className="quiet">
          These are {count(filesShown)} of them; <Link href={sqlHref(all)}>ask for all</Link>.
        </p>
      )}
      {rows !== undefined && rows.length > 0 && (
        <div className="table-scroll" role="region" aria-label="Files" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th>state</th>
                <th className="number">rows</th>
                <th className="number">size</th>
                <th>partition</th>
                <th>path</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={String(row['path'])}>
                  <td>
                    {row['is_hot'] === true ? (
                      <span className="chip hot">hot</span>
                    ) : (
                      <span className="chip cold">settled</span>
                    )}
                  </td>
                  <td className="number">
                    {row['rows'] === null ? '–' : count(Number(row['rows']))}
                  </td>
                  <td className="number">{bytes(Number(row['bytes']))}</td>
                  <td>{partitionText(row['partition_values'])}</td>
                  <td>
                    <code>{row['path']}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function partitionText(value: unknown): string {
  return value === null || value === '{}' ? '' : String(value);
}
