import { type ReactNode, useEffect, useState } from 'react';
import type { AlertAnswer, AlertListAnswer } from '../../../../server/alerts/alerts-api.ts';
import { Allowed, NotAllowed } from '../../../access/allowed.tsx';
import { useMay } from '../../../access/use-door.ts';
import { usePolled } from '../../../api/polled.ts';
import { Failure } from '../../../parts/failure.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { go, usePlace, withSearch } from '../../../place.ts';
import { QuarantineTabs } from '../quarantine-tabs.tsx';
import { AlertForm } from './alert-form.tsx';
import { AlertItem } from './alert-item.tsx';

const everyMs = 2000;

/** Who is told when too much is rejected. */
export function AlertsView(): ReactNode {
  const { value, error, again } = usePolled<AlertListAnswer>('/api/v1/alerts', everyMs);
  const mayChange = useMay('admin');
  const place = usePlace();
  const isNew = place.search.has('new');
  const [edited, setEdited] = useState<{ readonly alert: AlertAnswer | undefined } | undefined>(
    isNew ? { alert: undefined } : undefined,
  );
  // A link brings the form once: it is not there again on the way back.
  useEffect(() => {
    if (isNew) go(withSearch(place, { new: undefined }), 'replace');
  }, [isNew, place]);
  return (
    <section className="section quarantine" aria-busy={value === undefined && error === undefined}>
      <header>
        <h1>Quarantine</h1>
        <QuarantineTabs current="alerts" />
        <Allowed need="admin">
          <button
            type="button"
            className="button end"
            onClick={() => setEdited({ alert: undefined })}
          >
            <Icon name="plus" />
            New alert
          </button>
        </Allowed>
      </header>
      <NotAllowed need="admin" what="Making and changing alerts" />
      <p className="quarantine-about">
        An alert tells a webhook when the share of rejected records passes a threshold: once when it
        does, and once when it is back.
      </p>
      {error !== undefined && <Failure error={error} />}
      {value?.alerts.length === 0 && <None onCreate={() => setEdited({ alert: undefined })} />}
      <ul className="quarantine-alerts">
        {value?.alerts.map((alert) => (
          <AlertItem
            key={alert.name}
            alert={alert}
            onEdit={() => setEdited({ alert })}
            onDeleted={again}
          />
        ))}
      </ul>
      {edited !== undefined && mayChange && (
        <AlertForm
          alert={edited.alert}
          onSaved={() => {
            setEdited(undefined);
            again();
          }}
          onClose={() => setEdited(undefined)}
        />
      )}
    </section>
  );
}

function None({ onCreate }: { readonly onCreate: () => void }): ReactNode {
  return (
    <div className="quarantine-empty">
      <p>
        There is none yet. Chat services that take <code>{'{"text": …}'}</code> show what is sent as
        a sentence; anything else gets the counts and a link to the records.
      </p>
      <Allowed need="admin">
        <p>
          <button type="button" className="button main" onClick={onCreate}>
            Create the first
          </button>
        </p>
      </Allowed>
    </div>
  );
}
