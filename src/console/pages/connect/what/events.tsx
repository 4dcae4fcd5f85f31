import { memo, type ReactNode } from 'react';
import { count } from '../../../text.ts';
import { clockText, timeText } from '../../../time/time-text.ts';
import { useZone } from '../../../time/zone.ts';
import type { SampleRecord } from './use-sample.ts';
import { valueText } from './value-text.ts';

/** Real events, each on a line that opens; those that would be rejected say why. */
export function Events({
  records,
  rejected,
  isRejectedOnly,
}: {
  readonly records: readonly SampleRecord[];
  /** By the record's number. */
  readonly rejected: ReadonlyMap<number, string>;
  readonly isRejectedOnly: boolean;
}): ReactNode {
  const isOnly = isRejectedOnly && rejected.size > 0;
  return (
    <ul className="what-events" tabIndex={0} aria-label={isOnly ? 'Rejected events' : 'Events'}>
      {records.map((record, index) =>
        isOnly && !rejected.has(index) ? null : (
          <Event key={index} record={record} reason={rejected.get(index)} />
        ),
      )}
    </ul>
  );
}

const shownCharacters = 20_000;
const lineCharacters = 400;

const Event = memo(function Event({
  record,
  reason,
}: {
  readonly record: SampleRecord;
  readonly reason: string | undefined;
}): ReactNode {
  const text = valueText(record.value);
  const zone = useZone();
  const time = record.time === undefined ? record.position : clockText(record.time, zone);
  return (
    <li className={reason === undefined ? undefined : 'rejected'}>
      <details>
        <summary>
          <span className="number quiet" title={record.time && timeText(record.time, zone)}>
            {time}
          </span>
          <code>{text.slice(0, lineCharacters)}</code>
        </summary>
        <p className="quiet">
          {record.partition} · {record.position}
        </p>
        <pre>{indented(text).slice(0, shownCharacters)}</pre>
        {text.length > shownCharacters && (
          <p className="quiet">It goes on: {count(text.length)} characters in all.</p>
        )}
      </details>
      {reason !== undefined && <p className="reason">✗ {reason}</p>}
    </li>
  );
});

/** Numbers keep their digits: the text is cut into lines, not read and written again. */
function indented(text: string): string {
  if (text.length > shownCharacters) return text;
  try {
    const parsed: unknown = JSON.parse(text);
    const written = JSON.stringify(parsed, null, 2);
    return JSON.stringify(parsed) === text ? written : text;
  } catch {
    // It is no JSON: shown as it came.
    return text;
  }
}
