import type { ReactNode } from 'react';
import type { PipelineAnswer } from '../../../server/api.ts';
import { usePolled } from '../../api/polled.ts';
import { columnRule } from './raw/column-rule.ts';
import type { Reason } from './reason-sql.ts';

const everyMs = 30_000;

/** What the pipeline's SQL says now of the column that values did not fit. */
export function ColumnRule({ reason }: { readonly reason: Reason }): ReactNode {
  const path = `/api/v1/pipelines/${encodeURIComponent(reason.pipeline)}`;
  const { value, error } = usePolled<PipelineAnswer>(path, everyMs);
  if (error?.code === 'not_found') {
    return (
      <>
        <dt>rule</dt>
        <dd className="quiet">The pipeline is deleted; what it rejected is kept.</dd>
      </>
    );
  }
  if (reason.field === '' || value === undefined) return null;
  const rule = columnRule(value.sql, reason.source, reason.field);
  return (
    <>
      <dt>rule</dt>
      <dd>
        {rule === undefined ? (
          <span className="quiet">The pipeline’s SQL has no column of this name any more.</span>
        ) : (
          <code>{rule}</code>
        )}
      </dd>
    </>
  );
}
