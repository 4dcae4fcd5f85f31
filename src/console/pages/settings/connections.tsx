import { type ReactNode, useState } from 'react';
import type { ConnectionAnswer, ConnectionListAnswer } from '../../../server/api.ts';
import { Allowed, NotAllowed } from '../../access/allowed.tsx';
import { usePolled } from '../../api/polled.ts';
import { Link } from '../../link.tsx';
import { Ago } from '../../parts/ago.tsx';
import { Failure } from '../../parts/failure.tsx';
import { TestSteps } from '../connect/where/test-steps.tsx';
import { useConnectionTest } from '../connect/where/use-test.ts';
import { DeleteConnection } from './delete-connection.tsx';

const path = '/api/v1/connections';
const everyMs = 5000;

/** Connections that are kept, to be tried again and deleted. */
export function Connections(): ReactNode {
  const { value, error, again } = usePolled<ConnectionListAnswer>(path, everyMs);
  return (
    <section className="section" aria-labelledby="settings-list">
      <header>
        <h2 id="settings-list">Connections</h2>
        <Allowed need="admin">
          <Link className="button end" href="/connect">
            Connect a stream
          </Link>
        </Allowed>
      </header>
      <NotAllowed need="admin" what="Making, testing and deleting connections" />
      {error !== undefined && <Failure error={error} />}
      {value?.connections.length === 0 && (
        <p className="quiet">
          None yet. A connection says how to reach Kafka or Kinesis, under a name that pipelines
          refer to.
        </p>
      )}
      <ul className="settings-list">
        {value?.connections.map((one) => (
          <ConnectionItem key={one.name} connection={one} onDeleted={again} />
        ))}
      </ul>
    </section>
  );
}

function ConnectionItem({
  connection,
  onDeleted,
}: {
  readonly connection: ConnectionAnswer;
  readonly onDeleted: () => void;
}): ReactNode {
  const { name, kind, options, created_at } = connection;
  const { test, start } = useConnectionTest();
  const [isDeleting, setDeleting] = useState(false);
  const again = (): void => start(name, `${path}/${encodeURIComponent(name)}/test`, {});
  return (
    <li>
      <div className="settings-head">
        <h3>{name}</h3>
        <span className="quiet">
          {kind === 'kafka' ? 'Kafka' : 'Kinesis'} · made <Ago at={created_at} />
        </span>
        <Allowed need="admin">
          <span className="settings-actions">
            <button type="button" className="button" onClick={again}>
              {test?.isRunning === true ? 'Test from the beginning' : 'Test'}
              <span className="visually-hidden"> {name}</span>
            </button>
            <button
              type="button"
              className="button"
              aria-expanded={isDeleting}
              onClick={() => setDeleting(!isDeleting)}
            >
              Delete …<span className="visually-hidden"> {name}</span>
            </button>
          </span>
        </Allowed>
      </div>
      <dl className="settings-options">
        {Object.entries(options).map(([option, value]) => (
          <div key={option}>
            <dt>{option}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {test !== undefined && <TestSteps test={test} />}
      {isDeleting && (
        <DeleteConnection name={name} onDeleted={onDeleted} onCancel={() => setDeleting(false)} />
      )}
    </li>
  );
}
