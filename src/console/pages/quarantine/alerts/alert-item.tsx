import { type ReactNode, useState } from 'react';
import type { AlertAnswer } from '../../../../server/alerts/alerts-api.ts';
import type { ErrorBody } from '../../../../server/api.ts';
import { Allowed } from '../../../access/allowed.tsx';
import { errorBodyOf, send } from '../../../api/request.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { count, share } from '../../../text.ts';
import { Messages } from './alert-messages.tsx';
import { WatchedState } from './alert-state.tsx';
import { ruleText } from './alert-values.ts';

/** One alert: its rule, what it sees now, and what became of its messages. */
export function AlertItem({
  alert,
  onEdit,
  onDeleted,
}: {
  readonly alert: AlertAnswer;
  readonly onEdit: () => void;
  readonly onDeleted: () => void;
}): ReactNode {
  const [isDeleting, setDeleting] = useState(false);
  const [error, setError] = useState<ErrorBody>();
  const remove = (): void => {
    send(`/api/v1/alerts/${encodeURIComponent(alert.name)}`, { method: 'DELETE' }).then(
      onDeleted,
      (thrown: unknown) => setError(errorBodyOf(thrown)),
    );
  };
  return (
    <li>
      <div className="quarantine-alert-head">
        <h2>{alert.name}</h2>
        <Allowed need="admin">
          <span className="end">
            {isDeleting ? (
              <>
                <button type="button" className="button danger" onClick={remove}>
                  Delete it
                </button>
                <button type="button" className="button plain" onClick={() => setDeleting(false)}>
                  Keep it
                </button>
              </>
            ) : (
              <>
                <button type="button" className="button" onClick={onEdit}>
                  Edit<span className="visually-hidden"> {alert.name}</span>
                </button>
                <button type="button" className="button" onClick={() => setDeleting(true)}>
                  Delete …<span className="visually-hidden"> {alert.name}</span>
                </button>
              </>
            )}
          </span>
        </Allowed>
      </div>
      {error !== undefined && <Failure error={error} />}
      <p>{ruleText(alert)}</p>
      <p className="quiet">
        Tells <code>{alert.url}</code>. <Messages alert={alert} />
      </p>
      <Watched alert={alert} />
    </li>
  );
}

function Watched({ alert }: { readonly alert: AlertAnswer }): ReactNode {
  const { pipelines, window_minutes: minutes } = alert;
  if (pipelines.length === 0) {
    return (
      <p className="quiet">
        {alert.pipeline === undefined
          ? 'There is no pipeline yet.'
          : `There is no pipeline named ${alert.pipeline}: nothing is watched.`}
      </p>
    );
  }
  return (
    <div
      className="table-scroll"
      role="region"
      aria-label={`Watched by ${alert.name}`}
      tabIndex={0}
    >
      <table className="table quarantine-watched">
        <thead>
          <tr>
            <th>pipeline</th>
            <th>state</th>
            <th className="number">rejected, {minutes} min</th>
            <th className="number">records</th>
          </tr>
        </thead>
        <tbody>
          {pipelines.map((one) => (
            <tr key={one.pipeline}>
              <td className="quarantine-name">
                <Link href={`/quarantine?pipeline=${encodeURIComponent(one.pipeline)}`}>
                  {one.pipeline}
                </Link>
              </td>
              <td>
                <WatchedState watched={one} />
              </td>
              <td className="number">
                {one.records_read === 0 ? '–' : share(one.records_rejected, one.records_read)}
              </td>
              <td className="number">
                {count(one.records_rejected)} of {count(one.records_read)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
