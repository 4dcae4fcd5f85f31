import type { ReactNode } from 'react';
import type { TableListAnswer } from '../../../server/api.ts';
import { usePolled } from '../../api/polled.ts';
import { useLivePipelines } from '../../api/use-live.ts';
import type { PageProps } from '../../frame/pages.tsx';
import { Failure } from '../../parts/failure.tsx';
import { PipelineState } from '../../parts/pipeline-state.tsx';
import { TableList } from '../tables/table-list.tsx';

const everyMs = 2000;

export function HomePage(_props: PageProps): ReactNode {
  const tables = usePolled<TableListAnswer>('/api/v1/tables', everyMs);
  const pipelines = useLivePipelines();
  return (
    <div className="columns">
      <h1 className="visually-hidden">Home</h1>
      <section className="section">
        <header>
          <h2>Tables</h2>
        </header>
        {tables.error !== undefined && <Failure error={tables.error} />}
        {tables.value !== undefined && <TableList tables={tables.value.tables} />}
      </section>
      <section className="section">
        <header>
          <h2>Pipelines</h2>
        </header>
        <div className="table-scroll">
          <table className="table">
            <tbody>
              {pipelines?.map((pipeline) => (
                <tr key={pipeline.id}>
                  <td>{pipeline.name}</td>
                  <td>
                    <PipelineState state={pipeline.state} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
    </div>
  );
}
