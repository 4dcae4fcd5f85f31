import type { ReactNode } from 'react';
import { type AnswerRow, useRows } from '../../api/rows.ts';
import { Link } from '../../link.tsx';
import { Ago } from '../../parts/ago.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { Failure } from '../../parts/failure.tsx';
import { usePlace, withSearch } from '../../place.ts';
import { count, share } from '../../text.ts';
import { FilterBar } from './filter-bar.tsx';
import {
  type Filter,
  lastHourQuestion,
  reasonFrom,
  reasonKey,
  reasonsMax,
  reasonsQuestion,
} from './reason-sql.ts';
import { minutesByReason } from './spark.ts';
import { SparkLine } from './spark-line.tsx';

const everyMs = 5000;

/** Why records were rejected, the most frequent reason first. */
export function ReasonList({ filter }: { readonly filter: Filter }): ReactNode {
  const { rows, error } = useRows(reasonsQuestion(filter), everyMs);
  const lastHour = useRows(lastHourQuestion, everyMs);
  const minutes = minutesByReason(lastHour.rows ?? []);
  return (
    <section className="section quarantine">
      <header>
        <h1>Quarantine</h1>
        <FilterBar filter={filter} />
      </header>
      {error !== undefined && <Failure error={error} />}
      {rows?.length === 0 && <NoReasons filter={filter} />}
      {rows !== undefined && rows.length > 0 && (
        <>
          <p className="quiet">
            {count(Number(rows[0]?.['all_records']))} records could not become rows. Each is kept
            here with its bytes and its position.
          </p>
          <div className="table-scroll">
            <table className="table">
              <thead>
                <tr>
                  <th>reason</th>
                  <th className="quarantine-message">newest message</th>
                  <th>pipeline</th>
                  <th>source</th>
                  <th className="number">records</th>
                  <th className="number">share</th>
                  <th>last hour</th>
                  <th>first</th>
                  <th>last</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <ReasonRow
                    key={reasonKey(reasonFrom(row))}
                    row={row}
                    minutes={minutes.get(reasonKey(reasonFrom(row)))}
                  />
                ))}
              </tbody>
            </table>
          </div>
          {rows.length === reasonsMax && (
            <p className="quiet">These are the {count(reasonsMax)} most frequent reasons.</p>
          )}
        </>
      )}
    </section>
  );
}

function ReasonRow({
  row,
  minutes,
}: {
  readonly row: AnswerRow;
  readonly minutes: readonly number[] | undefined;
}): ReactNode {
  const place = usePlace();
  const { code, pipeline, source, field } = reasonFrom(row);
  const message = String(row['message']);
  const records = Number(row['records']);
  const href = withSearch(place, {
    code,
    pipeline,
    source,
    column: field === '' ? undefined : field,
  });
  return (
    <tr>
      <td>
        <Link href={href} className="quarantine-reason">
          <span className="chip rejected">{code}</span>
          {field !== '' && <span className="quarantine-column">{field}</span>}
        </Link>
      </td>
      <td className="quarantine-message" title={message}>
        {message}
      </td>
      <td className="quarantine-name">
        <Link href={`/pipelines/${encodeURIComponent(pipeline)}`}>{pipeline}</Link>
      </td>
      <td className="quarantine-name">{source}</td>
      <td className="number">{count(records)}</td>
      <td className="number">{share(records, Number(row['all_records']))}</td>
      <td>
        <SparkLine minutes={minutes} />
      </td>
      <td className="quiet">
        <Ago at={String(row['first_at'])} />
      </td>
      <td>
        <Ago at={String(row['last_at'])} />
      </td>
    </tr>
  );
}

function NoReasons({ filter }: { readonly filter: Filter }): ReactNode {
  const place = usePlace();
  if (filter.since !== 'all' || filter.pipeline !== undefined) {
    return (
      <div className="notice">
        <p>No record was rejected here.</p>
        <Link href={withSearch(place, { since: undefined, pipeline: undefined })}>
          Look at all pipelines and all time
        </Link>
      </div>
    );
  }
  return (
    <div className="quarantine-empty">
      <p>
        No record was rejected. A record that does not fit its table’s columns is kept here with its
        bytes, and the others go on. To see it happen, send one that is no JSON to the stream of a
        running pipeline:
      </p>
      <Copyable what="the command" text={brokenLine()} />
    </div>
  );
}

/** The first line makes the body one of lines; the second is what will be rejected. */
function brokenLine(): string {
  return `curl ${location.origin}/ingest/events --data-binary $'{}\\n{"id":\\n'`;
}
