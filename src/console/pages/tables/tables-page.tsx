import type { ReactNode } from 'react';
import type { PageProps } from '../../frame/pages.tsx';
import { usePolled } from '../../api/polled.ts';
import type { TableListAnswer } from '../../../server/api.ts';
import { Failure } from '../../parts/failure.tsx';
import { TableList } from './table-list.tsx';

const everyMs = 2000;

export function TablesPage(_props: PageProps): ReactNode {
  const { value, error } = usePolled<TableListAnswer>('/api/v1/tables', everyMs);
  return (
    <section className="section">
      <header>
        <h1>Tables</h1>
      </header>
      {error !== undefined && <Failure error={error} />}
      {value !== undefined && <TableList tables={value.tables} />}
    </section>
  );
}
