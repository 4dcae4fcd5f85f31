import type { ReactNode } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';
import type { DescriptionAnswer } from '../../../../server/care/care-api.ts';
import { usePolled } from '../../../api/polled.ts';
import { type AnswerRow, useRows } from '../../../api/rows.ts';
import { Ago } from '../../../parts/ago.tsx';
import { Copyable } from '../../../parts/copyable.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { bytes, count, duration } from '../../../text.ts';
import { maintenanceQuestion } from './files-question.ts';

const runsShown = 50;
const everyMs = 5000;

/** How the table's files are kept in shape, and what was done so far. */
export function Maintenance({ table }: { readonly table: TableAnswer }): ReactNode {
  const path = `/api/v1/tables/${encodeURIComponent(table.name)}/description`;
  const { value, error } = usePolled<DescriptionAnswer>(path, everyMs);
  const runs = useRows(maintenanceQuestion(table.name, runsShown), everyMs);
  const wrong = error ?? runs.error;
  return (
    <div aria-busy={(value === undefined || runs.rows === undefined) && wrong === undefined}>
      {wrong !== undefined && <Failure error={wrong} />}
      {value !== undefined && <Facts description={value} />}
      {runs.rows?.length === 0 && <p className="quiet">Nothing had to be done so far.</p>}
      {runs.rows !== undefined && runs.rows.length > 0 && <Runs rows={runs.rows} />}
      {(table.kind === 'delta' || table.kind === 'materialized_view') && (
        <div className="tables-commands">
          <Copyable text={`helios table optimize ${table.name}`} what="the command that merges" />
          <Copyable
            text={`helios table vacuum ${table.name} --dry-run`}
            what="the command that lists what is no longer needed"
          />
        </div>
      )}
    </div>
  );
}

function Facts({ description }: { readonly description: DescriptionAnswer }): ReactNode {
  const { files, small_files, target_bytes, retention_ms, cared_for, fed_by } = description;
  const small = small_files === undefined ? '' : `, ${count(small_files)} of them small`;
  const facts = {
    'looked after': cared_for ? 'yes: small files are merged by themselves' : 'no',
    files: `${count(files)}${small}`,
    'files shall be': target_bytes === undefined ? 'of any size' : `about ${bytes(target_bytes)}`,
    'old files stay': duration(retention_ms),
    'written by': fed_by.length === 0 ? 'no pipeline here' : fed_by.join(', '),
    'partitioned by': description.partition_columns.join(', ') || 'nothing',
    'readers need': `Delta protocol ${description.min_reader_version}`,
  };
  return (
    <dl className="tables-facts">
      {Object.entries(facts).map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Runs({ rows }: { readonly rows: readonly AnswerRow[] }): ReactNode {
  return (
    <div className="table-scroll" role="region" aria-label="Maintenance so far" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th>when</th>
            <th>what</th>
            <th>outcome</th>
            <th className="number">took</th>
            <th className="number">files</th>
            <th className="number">bytes</th>
            <th>why</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              <td>
                <Ago at={String(row['started_at'])} />
              </td>
              <td>{row['action']}</td>
              <td>{row['outcome']}</td>
              <td className="number">{duration(Number(row['duration_ms']))}</td>
              <td className="number">{fromTo(row['files_before'], row['files_after'], count)}</td>
              <td className="number">{fromTo(row['bytes_before'], row['bytes_after'], bytes)}</td>
              <td className="wide" title={String(row['words'] ?? '')}>
                {[row['reason'], row['words']]
                  .filter((words) => words !== null && words !== undefined)
                  .join(': ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function fromTo(before: unknown, after: unknown, text: (value: number) => string): string {
  if (before === null || after === null) return '–';
  return `${text(Number(before))} → ${text(Number(after))}`;
}
