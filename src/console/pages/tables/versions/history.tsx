import type { ReactNode } from 'react';
import type { HistoryAnswer, VersionAnswer } from '../../../../server/care/care-api.ts';
import type { TableAnswer } from '../../../../server/api.ts';
import { usePolled } from '../../../api/polled.ts';
import { Link } from '../../../link.tsx';
import { Ago } from '../../../parts/ago.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { bytes, count } from '../../../text.ts';
import { sqlHref } from '../table-name.ts';
import { CompareVersions } from './compare-versions.tsx';
import { versionSql } from './version-sql.ts';

const versionsShown = 100;
const everyMs = 5000;

/** What each version of the table did, the newest first. */
export function History({ table }: { readonly table: TableAnswer }): ReactNode {
  const name = encodeURIComponent(table.name);
  const path = `/api/v1/tables/${name}/history?limit=${versionsShown}`;
  const { value, error } = usePolled<HistoryAnswer>(path, everyMs);
  return (
    <div aria-busy={value === undefined && error === undefined}>
      {error !== undefined && <Failure error={error} />}
      {value?.versions.length === versionsShown && (
        <p className="quiet">The newest {versionsShown} versions.</p>
      )}
      {value !== undefined && value.versions.length > 1 && (
        <CompareVersions table={table} versions={value.versions.map(({ version }) => version)} />
      )}
      {value !== undefined && (
        <div className="table-scroll" role="region" aria-label="Versions" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th className="number">version</th>
                <th>when</th>
                <th>what</th>
                <th className="number">rows</th>
                <th className="number">files</th>
                <th className="number">bytes</th>
                <th>by</th>
              </tr>
            </thead>
            <tbody>
              {value.versions.map((version) => (
                <VersionRow key={version.version} table={table} version={version} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function VersionRow({
  table,
  version,
}: {
  readonly table: TableAnswer;
  readonly version: VersionAnswer;
}): ReactNode {
  const { files_added, files_removed, rows_added, bytes_added, bytes_removed } = version;
  const what = [
    version.operation ?? 'not said',
    ...(version.columns_changed && version.version > 0 ? ['columns changed'] : []),
    ...(version.data_change || version.version === 0 ? [] : ['same rows']),
  ];
  return (
    <tr>
      <td className="number">
        <Link href={sqlHref(versionSql(table, version.version))} title="Its rows, in SQL">
          {version.version}
        </Link>
      </td>
      <td>
        <Ago at={version.timestamp} />
      </td>
      <td>{what.join(', ')}</td>
      <td className="number">{rows_added === undefined ? '–' : signed(rows_added, count)}</td>
      <td className="number">{changed(files_added, files_removed, count)}</td>
      <td className="number">{changed(bytes_added, bytes_removed ?? 0, bytes)}</td>
      <td>{version.engine ?? ''}</td>
    </tr>
  );
}

function signed(value: number, text: (value: number) => string): string {
  return value === 0 ? '0' : `+${text(value)}`;
}

function changed(added: number, removed: number, text: (value: number) => string): string {
  const less = removed === 0 ? '' : ` −${text(removed)}`;
  return added === 0 && removed > 0 ? less.trimStart() : `${signed(added, text)}${less}`;
}
