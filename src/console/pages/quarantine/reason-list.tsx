import type { ReactNode } from 'react';
import { useCurl } from '../../access/use-door.ts';
import { type AnswerRow, useRows } from '../../api/rows.ts';
import { Link } from '../../link.tsx';
import { Ago } from '../../parts/ago.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { Failure } from '../../parts/failure.tsx';
import { usePlace, withSearch } from '../../place.ts';
import { count, share } from '../../text.ts';
import { FilterBar } from './filter-bar.tsx';
import { QuarantineTabs } from './quarantine-tabs.tsx';
import {
  type Filter,
  lastHourQuestion,
  reasonFrom,
  reasonKey,
  reasonsMax,
  reasonsQuestion,
  sinceWords,
} from './reason-sql.ts';
import { listed, type Listed } from './reasons.ts';
import { minutesByReason, together } from './spark.ts';
import { SparkLine } from './spark-line.tsx';

const everyMs = 5000;

/** Why records were rejected, the most frequent reason first. */
export function ReasonList({ filter }: { readonly filter: Filter }): ReactNode {
  const { rows, error } = useRows(reasonsQuestion(filter), everyMs);
  const lastHour = useRows(lastHourQuestion, everyMs);
  const minutes = minutesByReason(lastHour.rows ?? []);
  const list = listed(rows ?? [], filter);
  const lines = list.rows.flatMap((row) => [minutes.get(reasonKey(reasonFrom(row))) ?? []]);
  return (
    <section className="section quarantine" aria-busy={rows === undefined && error === undefined}>
      <header>
        <h1>Quarantine</h1>
        <QuarantineTabs current="reasons" />
      </header>
      {error !== undefined && <Failure error={error} />}
      {rows === undefined && error === undefined && <p className="quiet">Counting…</p>}
      {rows?.length === 0 && isUnfiltered(filter) && <NothingRejected />}
      {rows !== undefined && (rows.length > 0 || !isUnfiltered(filter)) && (
        <>
          <FilterBar filter={filter} choices={list.choices} />
          <div className="quarantine-sum">
            <p role="status">{summary(list, filter)}</p>
            <span className="quarantine-hour">
              <span className="quiet">rejected in the last hour, by minute</span>
              <SparkLine minutes={together(lines)} width={240} />
            </span>
          </div>
          {list.rows.length === 0 ? (
            <Nothing filter={filter} replayed={list.replayed} />
          ) : (
            <ReasonTable list={list} minutes={minutes} />
          )}
          {rows.length === reasonsMax && (
            <p className="quiet">These are the {count(reasonsMax)} most frequent reasons.</p>
          )}
        </>
      )}
    </section>
  );
}

function ReasonTable({
  list,
  minutes,
}: {
  readonly list: Listed;
  readonly minutes: ReadonlyMap<string, readonly number[]>;
}): ReactNode {
  return (
    <div className="table-scroll" role="region" aria-label="Reasons" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th>reason</th>
            <th className="number">records</th>
            <th className="number" title="Of the records shown">
              share
            </th>
            <th>last hour</th>
            <th className="quarantine-message">newest message</th>
            <th>pipeline</th>
            <th className="quarantine-more">source</th>
            <th className="number quarantine-more">replayed</th>
            <th className="quarantine-more">first</th>
            <th>last</th>
          </tr>
        </thead>
        <tbody>
          {list.rows.map((row) => (
            <ReasonRow
              key={reasonKey(reasonFrom(row))}
              row={row}
              total={list.records}
              minutes={minutes.get(reasonKey(reasonFrom(row)))}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ReasonRow({
  row,
  total,
  minutes,
}: {
  readonly row: AnswerRow;
  readonly total: number;
  readonly minutes: readonly number[] | undefined;
}): ReactNode {
  const place = usePlace();
  const { code, pipeline, source, field } = reasonFrom(row);
  const message = String(row['message']);
  const records = Number(row['records']);
  const again = Number(row['failed_again']);
  const href = withSearch(place, {
    ...{ code, pipeline, source, from: undefined, why: undefined },
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
      <td
        className="number"
        title={again === 0 ? undefined : `${count(again)} of them failed again when replayed`}
      >
        {count(records)}
      </td>
      <td className="number">{share(records, total)}</td>
      <td>
        <SparkLine minutes={minutes} />
      </td>
      <td className="quarantine-message" title={message}>
        {message}
      </td>
      <td className="quarantine-name">
        <Link href={`/pipelines/${encodeURIComponent(pipeline)}`} title={pipeline}>
          {pipeline}
        </Link>
      </td>
      <td className="quarantine-name quarantine-more" title={source}>
        {source}
      </td>
      <td className="number quarantine-more">{count(Number(row['replayed']))}</td>
      <td className="quiet quarantine-more">
        <Ago at={String(row['first_at'])} />
      </td>
      <td>
        <Ago at={String(row['last_at'])} />
      </td>
    </tr>
  );
}

function summary({ records, replayed }: Listed, { shown, since }: Filter): string {
  const when = since === 'all' ? '' : ` in ${sinceWords[since]}`;
  const many = replayed === 0 ? 'none' : count(replayed);
  const did = `${many} ${replayed > 1 ? 'were' : 'was'} replayed`;
  const what = `${count(records)} rejected ${records === 1 ? 'record' : 'records'}`;
  const [is, was] = records === 1 ? ['is', 'was'] : ['are', 'were'];
  switch (shown) {
    case 'left':
      return `${what}${when} ${is} left; ${did}.`;
    case 'failed_again':
      return `${what}${when} failed again when replayed.`;
    case 'replayed':
      return `${what}${when} ${was} replayed.`;
    case 'all':
      return `${what}${when}; ${did}.`;
  }
}

function isUnfiltered({ since, shown, pipeline, from, why }: Filter): boolean {
  const isAny = pipeline === undefined && from === undefined && why === undefined;
  return since === 'all' && (shown === 'left' || shown === 'all') && isAny;
}

function Nothing({
  filter,
  replayed,
}: {
  readonly filter: Filter;
  readonly replayed: number;
}): ReactNode {
  const place = usePlace();
  const all = { since: undefined, pipeline: undefined, from: undefined, why: undefined };
  const isDone = isUnfiltered(filter) && replayed > 0;
  return (
    <div className="notice">
      <p>{isDone ? 'Nothing is left: each record was replayed.' : 'There is no such record.'}</p>
      <Link href={withSearch(place, { ...all, show: 'all' })}>
        {isDone ? 'Look at all of them' : 'Look at all pipelines and all time'}
      </Link>
    </div>
  );
}

function NothingRejected(): ReactNode {
  return (
    <div className="quarantine-empty">
      <p>
        No record was rejected. A record that does not fit its table’s columns is kept here with its
        bytes, and the others go on. To see it happen, send one that is no JSON to the stream of a
        running pipeline:
      </p>
      <Copyable what="the command" text={brokenLine(useCurl())} />
    </div>
  );
}

/** The first line makes the body one of lines; the second is what will be rejected. */
function brokenLine(curl: string): string {
  return `${curl} ${location.origin}/ingest/events --data-binary $'{}\\n{"id":\\n'`;
}
