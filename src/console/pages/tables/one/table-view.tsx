import type { ReactNode } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';
import { usePolled } from '../../../api/polled.ts';
import { useRows } from '../../../api/rows.ts';
import { Link } from '../../../link.tsx';
import { Ago } from '../../../parts/ago.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { usePlace } from '../../../place.ts';
import { bytes, count } from '../../../text.ts';
import { HotBar } from '../hot-bar.tsx';
import { sqlHref, tableInSql } from '../table-name.ts';
import { History } from '../versions/history.tsx';
import { RowWay } from '../way/row-way.tsx';
import { filesByHeat, filesByHeatQuestion } from './files-question.ts';
import { FileList } from './file-list.tsx';
import { Maintenance } from './maintenance.tsx';
import { Sample } from './sample.tsx';
import { Schema } from './schema.tsx';
import { UseFrom } from './use-from.tsx';

const everyMs = 2000;
const filesEveryMs = 5000;

type Tab = {
  readonly name: string;
  readonly title: string;
  readonly isFor: (table: TableAnswer) => boolean;
  readonly View: (props: { readonly table: TableAnswer }) => ReactNode;
};

const hasVersions = ({ version }: TableAnswer): boolean => version !== undefined;
const hasFiles = ({ kind }: TableAnswer): boolean => kind !== 'system';
const always = (): boolean => true;

const tabs: readonly Tab[] = [
  { name: 'schema', title: 'Schema', isFor: always, View: Schema },
  { name: 'sample', title: 'Sample', isFor: always, View: Sample },
  { name: 'way', title: 'A row’s way', isFor: hasFiles, View: RowWay },
  { name: 'files', title: 'Files', isFor: hasFiles, View: FileList },
  { name: 'history', title: 'History', isFor: hasVersions, View: History },
  { name: 'maintenance', title: 'Maintenance', isFor: hasVersions, View: Maintenance },
  { name: 'use', title: 'Use from…', isFor: hasFiles, View: UseFrom },
];

/** One table: how much of it is where, and all that is known of it. */
export function TableView({ name }: { readonly name: string }): ReactNode {
  const path = `/api/v1/tables/${encodeURIComponent(name)}`;
  const { value: table, error } = usePolled<TableAnswer>(path, everyMs);
  const place = usePlace();
  const shown = tabs.filter(({ isFor }) => table !== undefined && isFor(table));
  const chosen = shown.find((one) => one.name === place.search.get('tab')) ?? shown[0];
  return (
    <div aria-busy={table === undefined && error === undefined}>
      <section className="section">
        <header>
          <h1 className="tables-title">
            <Link href="/tables">Tables</Link>
            <span className="quiet" aria-hidden="true">
              /
            </span>
            <span className="tables-cell">{name}</span>
          </h1>
          {table !== undefined && table.kind !== 'delta' && (
            <span className="chip">{table.kind.replaceAll('_', ' ')}</span>
          )}
          {table?.version !== undefined && <span className="chip">version {table.version}</span>}
          {table !== undefined && (
            <Link
              className="button end"
              href={sqlHref(`SELECT *\nFROM ${tableInSql(table)}\nLIMIT 100`)}
            >
              Open in SQL
            </Link>
          )}
        </header>
        {error !== undefined && <Failure error={error} />}
        {table?.path !== undefined && <p className="tables-path quiet">{table.path}</p>}
        {table !== undefined && table.kind !== 'system' && <Amounts table={table} />}
      </section>
      <nav className="tables-tabs" aria-label="About this table">
        {shown.map((tab) => (
          <Link
            key={tab.name}
            href={tab === shown[0] ? place.path : `${place.path}?tab=${tab.name}`}
            aria-current={tab === chosen ? 'page' : undefined}
          >
            {tab.title}
          </Link>
        ))}
      </nav>
      {table !== undefined && chosen !== undefined && (
        <section className="section">
          <h2 className="visually-hidden">{chosen.title}</h2>
          <chosen.View table={table} />
        </section>
      )}
    </div>
  );
}

/** The bar of hot and cold bytes, and the same in words. */
function Amounts({ table }: { readonly table: TableAnswer }): ReactNode {
  const { rows } = useRows(filesByHeatQuestion(table.name), filesEveryMs);
  const { hot, cold } = filesByHeat(rows ?? []);
  const words = `${bytes(cold.bytes)} in ${count(cold.files)} files, ${bytes(hot.bytes)} hot`;
  return (
    <>
      {rows !== undefined && <HotBar isWhole cold={cold.bytes} hot={hot.bytes} words={words} />}
      <p className="tables-legend">
        <span>{count(table.rows)} rows</span>
        {rows !== undefined && (
          <>
            <span className="cold">
              {bytes(cold.bytes)} in {count(cold.files)} {cold.files === 1 ? 'file' : 'files'}
            </span>
            <span className="hot">
              {bytes(hot.bytes)} hot, {count(table.hot_rows)} rows
            </span>
          </>
        )}
        {table.newest_event !== undefined && (
          <span>
            newest <Ago at={table.newest_event} />
          </span>
        )}
        {table.rejected_count > 0 && (
          <span className="rejected">{count(table.rejected_count)} rejected</span>
        )}
      </p>
      {table.error !== undefined && <Failure error={{ ...table.error, id: '' }} />}
    </>
  );
}
