import { type ReactNode, useCallback, useState } from 'react';
import { Allowed, NotAllowed } from '../../access/allowed.tsx';
import { useRows } from '../../api/rows.ts';
import { Link } from '../../link.tsx';
import { Failure } from '../../parts/failure.tsx';
import { go, usePlace, withSearch } from '../../place.ts';
import { count } from '../../text.ts';
import { ColumnRule } from './column-rule.tsx';
import { Export } from './export.tsx';
import { FilterBar } from './filter-bar.tsx';
import {
  type Chosen,
  countQuestion,
  type Filter,
  pageSize,
  type Reason,
  reasonKey,
  recordsQuestion,
  sqlOf,
} from './reason-sql.ts';
import { RecordList } from './record-list.tsx';
import { ReplayPanel } from './replay/replay-panel.tsx';

const countEveryMs = 5000;

/** The records of one reason. */
export function ReasonView({
  reason,
  filter,
}: {
  readonly reason: Reason;
  readonly filter: Filter;
}): ReactNode {
  const [turn, setTurn] = useState(0);
  const onReplayed = useCallback(() => setTurn((before) => before + 1), []);
  const { since, shown } = filter;
  const back = withSearch(
    { path: '/quarantine', search: new URLSearchParams() },
    {
      since: since === 'all' ? undefined : since,
      show: shown === 'left' ? undefined : shown,
    },
  );
  return (
    <section className="section quarantine" aria-label="Records of one reason">
      <header>
        <h1 className="quarantine-title">
          <Link href={back}>Quarantine</Link>
          <span className="quiet" aria-hidden="true">
            /
          </span>
          <span className="chip rejected">{reason.code}</span>
          {reason.field !== '' && <span className="quarantine-column">{reason.field}</span>}
        </h1>
        <div className="end quarantine-take">
          <Link className="button" href={`/sql?${new URLSearchParams({ q: sqlOf(reason) })}`}>
            Open in SQL
          </Link>
          <Export reason={reason} chosen={filter} />
        </div>
      </header>
      <dl className="quarantine-facts">
        <dt>pipeline</dt>
        <dd>
          <Link href={`/pipelines/${encodeURIComponent(reason.pipeline)}`}>{reason.pipeline}</Link>
        </dd>
        <dt>source</dt>
        <dd>{reason.source}</dd>
        <ColumnRule reason={reason} />
      </dl>
      <NotAllowed need="admin" what="Trying and replaying records" />
      <Allowed need="admin">
        <ReplayPanel
          key={`replay ${reasonKey(reason)} ${since}`}
          {...{ reason, since, onReplayed }}
        />
      </Allowed>
      <FilterBar filter={filter} choices={undefined} />
      <Pages
        key={`${reasonKey(reason)} ${since} ${shown} ${turn}`}
        reason={reason}
        chosen={filter}
      />
    </section>
  );
}

function Pages({
  reason,
  chosen,
}: {
  readonly reason: Reason;
  readonly chosen: Chosen;
}): ReactNode {
  const place = usePlace();
  const page = Math.max(0, Math.trunc(Number(place.search.get('page') ?? '1')) - 1 || 0);
  const counted = useRows(countQuestion(reason, chosen), countEveryMs);
  const records = useRows(recordsQuestion(reason, chosen, page), 0);
  const total = Number(counted.rows?.[0]?.['records'] ?? 0);
  const [seen, setSeen] = useState<number>();
  if (seen === undefined && counted.rows !== undefined) setSeen(total);
  const fresh = seen === undefined ? 0 : Math.max(0, total - seen);
  const toPage = (next: number): void => {
    setSeen(undefined);
    if (next === page) records.again();
    const other = { page: next === 0 ? undefined : String(next + 1), record: undefined };
    go(withSearch(place, other));
  };
  const last = page * pageSize + (records.rows?.length ?? 0);
  return (
    <>
      {counted.error !== undefined && <Failure error={counted.error} />}
      {records.error !== undefined && <Failure error={records.error} />}
      <div className="quarantine-pager">
        <p aria-live="polite">{whatIsShown(records.rows?.length, page, total)}</p>
        {fresh > 0 && (
          <button type="button" className="button" onClick={() => toPage(0)}>
            Show {count(fresh)} new
          </button>
        )}
        <span className="end">
          <button
            type="button"
            className="button"
            disabled={page === 0}
            onClick={() => toPage(page - 1)}
          >
            Newer
          </button>
          <button
            type="button"
            className="button"
            disabled={last >= total}
            onClick={() => toPage(page + 1)}
          >
            Older
          </button>
        </span>
      </div>
      {records.rows !== undefined && records.rows.length > 0 && (
        <RecordList reason={reason} rows={records.rows} />
      )}
    </>
  );
}

function whatIsShown(rowCount: number | undefined, page: number, total: number): string {
  if (rowCount === undefined) return 'Asking…';
  if (rowCount === 0) return 'No records.';
  const first = page * pageSize + 1;
  const last = first + rowCount - 1;
  return `${count(first)} to ${count(last)} of ${count(Math.max(total, last))}, newest first`;
}
