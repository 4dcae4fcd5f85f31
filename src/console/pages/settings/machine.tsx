import { type ReactNode, useCallback, useEffect, useState } from 'react';
import type { ErrorBody } from '../../../server/api.ts';
import type { DoctorAnswer, FindingAnswer } from '../../../server/doctor/doctor-api.ts';
import { errorBodyOf, request } from '../../api/request.ts';
import { Failure } from '../../parts/failure.tsx';
import { elapsed } from '../../text.ts';
import { Time } from '../../time/time.tsx';

/** What `helios doctor` finds where Helios runs. */
export function Machine(): ReactNode {
  const { answer, error, isExamining, examine } = useExamination();
  return (
    <section
      className="section"
      aria-labelledby="settings-machine"
      aria-busy={isExamining && answer === undefined}
    >
      <header>
        <h2 id="settings-machine">Is this machine fit?</h2>
        <span className="quiet" role="status">
          {isExamining ? 'Examining…' : answer && summary(answer)}
        </span>
        <button type="button" className="button end" disabled={isExamining} onClick={examine}>
          Examine again
        </button>
      </header>
      {error !== undefined && <Failure error={error} />}
      {answer !== undefined && (
        <>
          <ul className="settings-findings">
            {inOrder(answer.checks).map((finding) => (
              <FindingItem key={finding.name} finding={finding} />
            ))}
          </ul>
          <p className="quiet">
            As of <Time at={answer.examined_at} />, in {elapsed(answer.duration_ms)}. The same goes
            in a terminal, also while Helios does not start: <code>helios doctor</code>
          </p>
        </>
      )}
    </section>
  );
}

function FindingItem({ finding }: { readonly finding: FindingAnswer }): ReactNode {
  const { name, status, message, why, hint } = finding;
  const { mark, className, word } = looks[status];
  return (
    <li>
      <span className={`state ${className}`}>
        <span className="mark" aria-hidden="true">
          {mark}
        </span>
        <span className="visually-hidden">{word}</span>
      </span>
      <div>
        <p>
          <strong>{name}</strong>: {message}
        </p>
        <p className="quiet">{why}</p>
        {hint !== undefined && (
          <p>
            <span className="settings-do">What to do:</span> {hint}
          </p>
        )}
      </div>
    </li>
  );
}

const looks = {
  ok: { mark: '✓', className: 'good', word: 'Fine: ' },
  warn: { mark: '▲', className: 'waiting', word: 'Could be better: ' },
  fail: { mark: '✕', className: 'bad', word: 'Fails: ' },
} as const;

function summary({ checks }: DoctorAnswer): string {
  const [failed, warned] = ['fail', 'warn'].map(
    (status) => checks.filter((one) => one.status === status).length,
  );
  if (failed === 0 && warned === 0) return `All ${checks.length} checks are fine.`;
  const words = [
    ...(failed === 0 ? [] : [`${failed} ${failed === 1 ? 'fails' : 'fail'}`]),
    ...(warned === 0 ? [] : [`${warned} could be better`]),
  ];
  return `Of ${checks.length} checks ${words.join(', ')}.`;
}

/** What somebody has to do something about is first. */
function inOrder(checks: readonly FindingAnswer[]): readonly FindingAnswer[] {
  const order = ['fail', 'warn', 'ok'];
  return checks.toSorted((one, other) => order.indexOf(one.status) - order.indexOf(other.status));
}

function useExamination(): {
  readonly answer: DoctorAnswer | undefined;
  readonly error: ErrorBody | undefined;
  readonly isExamining: boolean;
  readonly examine: () => void;
} {
  const [answer, setAnswer] = useState<DoctorAnswer>();
  const [error, setError] = useState<ErrorBody>();
  const [round, setRound] = useState(0);
  const [isExamining, setExamining] = useState(true);
  useEffect(() => {
    const stop = new AbortController();
    setExamining(true);
    request<DoctorAnswer>('/api/v1/doctor', { signal: stop.signal })
      .then(
        (found) => {
          setAnswer(found);
          setError(undefined);
        },
        (thrown: unknown) => {
          if (!stop.signal.aborted) setError(errorBodyOf(thrown));
        },
      )
      .finally(() => {
        if (!stop.signal.aborted) setExamining(false);
      });
    return () => stop.abort();
  }, [round]);
  const examine = useCallback(() => setRound((before) => before + 1), []);
  return { answer, error, isExamining, examine };
}
