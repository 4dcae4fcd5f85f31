import { type ReactNode, useState } from 'react';
import type { DashboardListAnswer } from '../../../../server/library/library-api.ts';
import { Allowed, NotAllowed } from '../../../access/allowed.tsx';
import { usePolled } from '../../../api/polled.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { count } from '../../../text.ts';
import { Time } from '../../../time/time.tsx';
import { dashboardPage } from '../address.ts';
import { DeleteDashboard } from './delete-dashboard.tsx';
import { ImportDashboard } from './import-dashboard.tsx';
import { NewDashboard } from './new-dashboard.tsx';

const everyMs = 5000;

type Listed = DashboardListAnswer['dashboards'][number];

/** All dashboards; new ones are made here, old ones deleted. */
export function DashboardList(): ReactNode {
  const { value, error, again } = usePolled<DashboardListAnswer>(
    '/api/v1/library/dashboards',
    everyMs,
  );
  const [deleting, setDeleting] = useState<Listed>();
  const [isImporting, setImporting] = useState(false);
  return (
    <section className="section" aria-busy={value === undefined && error === undefined}>
      <header>
        <h1>Dashboards</h1>
        <Allowed need="save">
          <button type="button" className="button end" onClick={() => setImporting(true)}>
            Import a file
          </button>
          <NewDashboard />
        </Allowed>
      </header>
      <NotAllowed need="save" what="Making and changing dashboards" />
      {error !== undefined && <Failure error={error} />}
      {value?.dashboards.length === 0 && <None />}
      {value !== undefined && value.dashboards.length > 0 && (
        <div className="table-scroll" role="region" aria-label="Dashboards" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th>name</th>
                <th>about</th>
                <th className="number">panels</th>
                <th>changed</th>
                <th>
                  <span className="visually-hidden">delete</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {value.dashboards.map((one) => (
                <Row key={one.path} listed={one} onDelete={() => setDeleting(one)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {isImporting && <ImportDashboard onClose={() => setImporting(false)} />}
      {deleting !== undefined && (
        <DeleteDashboard
          path={deleting.path}
          version={deleting.version}
          onDeleted={() => {
            setDeleting(undefined);
            again();
          }}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </section>
  );
}

function Row({
  listed: { path, description, panel_count: panelCount, changed_at: changedAt },
  onDelete,
}: {
  readonly listed: Listed;
  readonly onDelete: () => void;
}): ReactNode {
  return (
    <tr>
      <td className="board-name">
        <Link href={dashboardPage(path)}>{path}</Link>
      </td>
      <td className="wide quiet">{description}</td>
      <td className="number">{count(panelCount)}</td>
      <td className="quiet">
        <Time at={changedAt} to="minute" />
      </td>
      <td>
        <Allowed need="save">
          <button type="button" className="button plain" onClick={onDelete}>
            Delete<span className="visually-hidden"> {path}</span>
          </button>
        </Allowed>
      </td>
    </tr>
  );
}

function None(): ReactNode {
  return (
    <p className="quiet">
      There is none yet. A dashboard shows queries side by side, refreshed each second: give the
      first one a name above. <Link href="/">Home</Link> opens a small shop with one to look at.
    </p>
  );
}
