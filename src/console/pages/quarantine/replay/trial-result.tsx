import type { ReactNode } from 'react';
import type {
  QuarantineTrialAnswer,
  RefusedRecords,
} from '../../../../server/quarantine/quarantine-api.ts';
import { count } from '../../../text.ts';
import { recordsText } from './replay-text.ts';
import './trial-result.css';

/** Why records would still fail, and which can't be replayed at all. */
export function TrialResult({ answer }: { readonly answer: QuarantineTrialAnswer }): ReactNode {
  return (
    <>
      {answer.reasons.length > 0 && (
        <ul className="quarantine-still" aria-label="What would still fail">
          {answer.reasons.map(({ source, code, column, records, examples }) => (
            <li key={JSON.stringify([source, code, column])}>
              <span className="number">{count(records)}</span>
              <span className="chip rejected">{code}</span>
              {column !== undefined && column !== '' && (
                <span className="quarantine-column">{column}</span>
              )}
              <span className="quarantine-why">{examples[0]?.message}</span>
            </li>
          ))}
        </ul>
      )}
      <Refused refused={answer.refused} />
    </>
  );
}

/** Records that no replay takes, and why. */
export function Refused({ refused }: { readonly refused: readonly RefusedRecords[] }): ReactNode {
  return refused.map(({ source, reason, records, message }) => (
    <p key={`${source} ${reason}`} className="notice">
      <span>
        <strong>{recordsText(records)}</strong> can’t be replayed. {message}
      </span>
    </p>
  ));
}
