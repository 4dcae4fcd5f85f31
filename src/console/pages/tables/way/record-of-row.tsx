import type { ReactNode } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';
import type { AnswerRow } from '../../../api/rows.ts';
import { useFound } from '../../../api/use-found.ts';
import { Link } from '../../../link.tsx';
import { CopyButton } from '../../../parts/copy-button.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { count } from '../../../text.ts';
import { Time } from '../../../time/time.tsx';
import { streamHref } from '../../streams/stream-place.ts';
import { type FoundRecord, recordAtPlace, recordsByValues } from './find-records.ts';
import type { RecordSearch, Span } from './find-records.ts';
import type { Origin } from './origin.ts';
import { valuesOfRow } from './row-condition.ts';
import type { Settled } from './settled.ts';

/** Records are a little older than the version that they came with, and clocks differ. */
const slackMs = 60_000;
const shownCharactersMax = 4000;

/** The record that a row was, with its bytes and its place in the stream. */
export function RecordOfRow({
  table,
  row,
  origin,
  settled,
}: {
  readonly table: TableAnswer;
  readonly row: AnswerRow;
  readonly origin: Origin;
  readonly settled: Settled | undefined;
}): ReactNode {
  const { columns } = table;
  const at = placeIn(row, origin);
  const key = JSON.stringify([origin, at, row]);
  const found = useFound(key, async (signal) => {
    if (at !== undefined) return await recordAtPlace(origin, at, signal);
    const values = valuesOfRow(row, columns);
    const search = { origin, span: spanOf(settled) };
    return await recordsByValues(search, { row: values, columns }, signal);
  });
  const { value, error } = found;
  return (
    <section aria-busy={value === undefined && error === undefined}>
      <h3>
        In the stream{' '}
        <Link href={streamHref(origin.stream, origin.connection)}>{origin.stream}</Link>
        {origin.connection !== undefined && ` through ${origin.connection}`}, read by{' '}
        {origin.pipeline}
      </h3>
      {error !== undefined && <Failure error={error} />}
      {value === undefined && error === undefined && <p className="quiet">Looking…</p>}
      {value !== undefined && <p className="quiet">{searchText(value, at)}</p>}
      {value?.records.map((record) => (
        <Record key={`${record.partition}:${record.position}`} record={record} origin={origin} />
      ))}
    </section>
  );
}

function Record({
  record: { partition, position, time, text, form },
  origin,
}: {
  readonly record: FoundRecord;
  readonly origin: Origin;
}): ReactNode {
  const at = `${partition}:${position}`;
  const href = new URL(streamHref(origin.stream, origin.connection), location.href);
  href.searchParams.set('from', at);
  return (
    <article className="way-record">
      <p>
        <Link href={href.pathname + href.search}>
          partition {partition}, position {position}
        </Link>
        {time !== '' && (
          <>
            , arrived <Time at={time} />
          </>
        )}{' '}
        <CopyButton text={text} label="Copy record" />
      </p>
      <pre role="region" aria-label="The record as it was sent" tabIndex={0}>
        {form === 'nothing' ? 'nothing: a tombstone' : text.slice(0, shownCharactersMax)}
        {text.length > shownCharactersMax && '…'}
      </pre>
    </article>
  );
}

/** What the row says itself of the record's place. */
function placeIn(row: AnswerRow, { place }: Origin): string | undefined {
  if (place === undefined) return undefined;
  const [partition, position] = [row[place.partition], row[place.position]];
  if (partition === null || partition === undefined) return undefined;
  return position === null || position === undefined ? undefined : `${partition}:${position}`;
}

/** It came after the version before was made, or not much earlier, and before its own was. */
function spanOf(settled: Settled | undefined): Span {
  if (settled?.kind !== 'settled') return { from: undefined, until: undefined };
  const { version, before } = settled;
  const fromMs = before && Date.parse(before.timestamp) - slackMs;
  return {
    from: fromMs === undefined ? undefined : new Date(fromMs).toISOString(),
    until: version.timestamp,
  };
}

function searchText({ records, by, matched, lookedAt, isCut }: RecordSearch, at?: string): string {
  if (by === 'place') {
    return records.length > 0
      ? 'The row says where its record stands:'
      : `The row says that its record stands at ${at}; there is none any more.`;
  }
  const among = `among ${count(lookedAt)} records that came in its time`;
  const rest = isCut ? '; there are more, which were not looked at' : '';
  if (records.length === 0) return `None ${among} has the row’s values${rest}.`;
  const values = matched === 1 ? 'one of the row’s values' : `${matched} of the row’s values`;
  return records.length === 1
    ? `One ${among} has ${values}, and none that are others${rest}:`
    : `These ${among} have ${values}, and none that are others${rest}:`;
}
