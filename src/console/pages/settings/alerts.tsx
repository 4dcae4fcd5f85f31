import type { ReactNode } from 'react';
import type { AlertAnswer, AlertListAnswer } from '../../../server/alerts/alerts-api.ts';
import { Allowed } from '../../access/allowed.tsx';
import { useCurl } from '../../access/use-door.ts';
import { usePolled } from '../../api/polled.ts';
import { Link } from '../../link.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Messages } from '../quarantine/alerts/alert-messages.tsx';
import { AlertState } from '../quarantine/alerts/alert-state.tsx';
import { ruleText } from '../quarantine/alerts/alert-values.ts';

const everyMs = 5000;

/** Who is told when too much is rejected: the rules, how they stand, and what was sent. */
export function Alerts(): ReactNode {
  const { value, error } = usePolled<AlertListAnswer>('/api/v1/alerts', everyMs);
  return (
    <section className="section" aria-labelledby="settings-alerts">
      <header>
        <h2 id="settings-alerts">Alerts</h2>
        <span className="quiet">Tell a webhook when too many records are rejected.</span>
        <Allowed need="admin">
          <Link className="button end" href="/quarantine/alerts?new">
            New alert
          </Link>
        </Allowed>
      </header>
      {error !== undefined && <Failure error={error} />}
      {value?.alerts.length === 0 && <p className="quiet">None yet: nobody is told.</p>}
      <ul className="settings-list">
        {value?.alerts.map((alert) => (
          <AlertLine key={alert.name} alert={alert} />
        ))}
      </ul>
      <details className="settings-how">
        <summary>The same from a terminal</summary>
        <Copyable text={exampleCall(useCurl())} what="the command" />
      </details>
    </section>
  );
}

function AlertLine({ alert }: { readonly alert: AlertAnswer }): ReactNode {
  return (
    <li>
      <div className="settings-head">
        <h3>{alert.name}</h3>
        <AlertState alert={alert} />
        <Allowed need="admin">
          <Link className="button settings-actions" href="/quarantine/alerts">
            Change<span className="visually-hidden"> {alert.name}</span>
          </Link>
        </Allowed>
      </div>
      <p>{ruleText(alert)}</p>
      <p className="quiet">
        Tells <code>{alert.url}</code>. <Messages alert={alert} />
      </p>
    </li>
  );
}

function exampleCall(curl: string): string {
  const rule = { share_percent: 1, window_minutes: 5, url: 'env:ALERT_URL' };
  const address = `${location.origin}/api/v1/alerts/rejected`;
  return (
    `${curl} -X PUT ${address} -H 'content-type: application/json' \\\n` +
    `  -d '${JSON.stringify(rule)}'`
  );
}
