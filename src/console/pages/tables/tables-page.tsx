import type { ReactNode } from 'react';
import type { TableListAnswer } from '../../../server/api.ts';
import { usePolled } from '../../api/polled.ts';
import type { PageProps } from '../../frame/pages.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { Failure } from '../../parts/failure.tsx';
import { TableView } from './one/table-view.tsx';
import { TableList } from './table-list.tsx';
import './tables.css';

const everyMs = 2000;

export function TablesPage({ rest }: PageProps): ReactNode {
  const [name] = rest;
  return name === undefined ? <AllTables /> : <TableView key={name} name={name} />;
}

function AllTables(): ReactNode {
  const { value, error } = usePolled<TableListAnswer>('/api/v1/tables', everyMs);
  return (
    <section className="section" aria-busy={value === undefined && error === undefined}>
      <header>
        <h1>Tables</h1>
      </header>
      {error !== undefined && <Failure error={error} />}
      {value !== undefined && <TableList tables={value.tables} />}
      <div className="tables-commands">
        <p className="quiet">
          Pipelines make tables. What something else writes, a Delta table or a folder of Parquet,
          CSV or JSON, can be attached, to be read:
        </p>
        <Copyable text="helios table attach NAME /path/or/s3://bucket/path" what="the command" />
      </div>
    </section>
  );
}
