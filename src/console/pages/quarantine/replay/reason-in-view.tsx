import { type ReactNode, useState } from 'react';
import type { QuarantineTrialBody } from '../../../../server/quarantine/quarantine-api.ts';
import { useRows } from '../../../api/rows.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { messageQuestion, type Reason, reasonHref } from '../reason-sql.ts';
import { trialText } from './replay-text.ts';
import { TrialResult } from './trial-result.tsx';
import { useTrial } from './use-trial.ts';
import './reason-in-view.css';

/** Why records were rejected, above the SQL to be mended, and how many would pass with it. */
export function ReasonInView({
  reason,
  sql,
}: {
  readonly reason: Reason;
  /** As it stands in the editor. */
  readonly sql: string;
}): ReactNode {
  const { pipeline, source, code, field } = reason;
  const { rows } = useRows(messageQuestion(reason), 0);
  const [tried, setTried] = useState<string>();
  const body = {
    ...{ pipeline, source, column: field, sql: tried },
    code: code as NonNullable<QuarantineTrialBody['code']>,
  };
  const { answer, error, isRunning } = useTrial(tried === undefined ? undefined : body, 0);
  return (
    <section className="reason-in-view" aria-label="Why records were rejected">
      <p>
        <span className="chip rejected">{code}</span> {field !== '' && <code>{field}</code>}{' '}
        {rows?.[0] !== undefined && String(rows[0]['message'])}
      </p>
      <div className="reason-in-view-line">
        <button
          type="button"
          className="button"
          disabled={isRunning && tried !== undefined}
          onClick={() => setTried(sql)}
        >
          Try this SQL on these records
        </button>
        <span role="status">
          {tried !== undefined && isRunning && 'Trying…'}
          {answer !== undefined && !isRunning && trialText(answer)}
          {answer !== undefined && tried !== sql && (
            <span className="quiet"> Of the SQL before your last change.</span>
          )}
        </span>
        <Link className="end" href={reasonHref(reason)}>
          Back to the records
        </Link>
      </div>
      {error !== undefined && <Failure error={error} />}
      {answer !== undefined && !isRunning && <TrialResult answer={answer} />}
    </section>
  );
}
