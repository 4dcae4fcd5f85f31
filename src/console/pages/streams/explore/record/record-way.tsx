import type { ReactNode } from 'react';
import type { ErrorBody } from '../../../../../server/api.ts';
import type { BytesAnswer } from '../../../../../server/discovery/discovery-answers.ts';
import { CopyButton } from '../../../../parts/copy-button.tsx';
import { Fact } from '../../../../parts/fact.tsx';
import type { TailRecord } from '../../../../tail/tail-record.ts';
import { Link } from '../../../../link.tsx';
import { Time } from '../../../../time/time.tsx';
import { tableHref } from '../../../tables/table-name.ts';
import { streamHref } from '../../stream-place.ts';
import type { SidePaneProps } from './side-pane.tsx';
import { type Passage, useWay } from './use-way.ts';

/** Where a record stands, since when, and what became of it. */
export function RecordWay({
  record,
  explored,
  explorer,
  readers,
}: Pick<SidePaneProps, 'explored' | 'explorer' | 'readers'> & {
  readonly record: TailRecord;
}): ReactNode {
  const { arrivedAt, beside, error, passages } = useWay(record, { explored, readers });
  const { partition, position, time } = record;
  return (
    <dl className="explore-way" aria-label="Its way">
      {arrivedAt !== undefined && (
        <Fact name="arrived">
          <Time at={arrivedAt} />
        </Fact>
      )}
      {arrivedAt === undefined && time !== '' && (
        <Fact name="seen here">
          <Time at={time} />, when it came to this page
        </Fact>
      )}
      {partition !== undefined && <Fact name="partition">{partition}</Fact>}
      {partition !== undefined && (
        <Fact name="position">
          {position ?? 'not known: bytes before it in the same message are no text'}
          {position !== undefined && <LinkTo record={record} explored={explored} />}
        </Fact>
      )}
      {error !== undefined && (
        <Fact name="arrived">
          <WhyNot error={error} />
        </Fact>
      )}
      {beside !== undefined && beside.key !== null && (
        <Fact name="key">{bytesText(beside.key)}</Fact>
      )}
      {Object.entries(beside?.headers ?? {}).map(([name, value]) => (
        <Fact key={name} name={`header ${name}`}>
          {typeof value === 'string' ? value : JSON.stringify(value)}
        </Fact>
      ))}
      {explorer.mode === 'table' && explorer.table !== undefined && (
        <Fact name="row of">{explorer.table}</Fact>
      )}
      {passages.map((passage) => (
        <Fact key={passage.pipeline} name={`pipeline ${passage.pipeline}`}>
          <Outcome passage={passage} />
          {isIn(passage) && <Rows {...{ passage, readers, record, explored }} />}
        </Fact>
      ))}
    </dl>
  );
}

/** What is not rejected, and may have been read, may be in the pipeline's tables. */
function isIn({ outcome: { kind } }: Passage): boolean {
  return kind === 'read' || kind === 'unknown';
}

function Rows({
  passage,
  readers,
  record: { partition, position },
  explored: { name, connection },
}: Pick<SidePaneProps, 'explored' | 'readers'> & {
  readonly passage: Passage;
  readonly record: TailRecord;
}): ReactNode {
  if (partition === undefined || position === undefined) return null;
  const sinks = readers.find(({ pipeline }) => pipeline.name === passage.pipeline)?.pipeline.sinks;
  const search = new URLSearchParams({ tab: 'way', stream: name });
  if (connection !== undefined) search.set('connection', connection);
  search.set('record', `${partition}:${position}`);
  return (sinks ?? [])
    .filter(({ connector }) => connector === 'delta' || connector === 'files')
    .filter(({ table }) => table !== 'quarantine')
    .map(({ table }) => (
      <Link key={table} href={`${tableHref(table)}?${search.toString()}`} className="explore-row">
        its row in {table}
      </Link>
    ));
}

function Outcome({ passage: { outcome } }: { readonly passage: Passage }): ReactNode {
  if (outcome.kind === 'rejected') {
    return (
      <>
        <span className="chip rejected">rejected</span> {outcome.message}
      </>
    );
  }
  if (outcome.kind === 'failed') return <WhyNot error={outcome.error} />;
  return outcomeWords[outcome.kind];
}

function WhyNot({ error: { message, hint } }: { readonly error: ErrorBody }): ReactNode {
  return (
    <span className="state bad">
      could not be looked up: {message} {hint}
    </span>
  );
}

const outcomeWords = {
  read: 'has read it, and did not reject it',
  ahead: 'has not read it yet',
  unknown: 'reads this stream; whether it has read this record is not known',
} as const;

function LinkTo({
  record: { partition, position },
  explored: { name, connection },
}: Pick<SidePaneProps, 'explored'> & { readonly record: TailRecord }): ReactNode {
  const href = new URL(streamHref(name, connection), location.href);
  href.searchParams.set('from', `${partition}:${position}`);
  return <CopyButton text={href.href} label="Copy link" />;
}

function bytesText(value: Exclude<BytesAnswer, null>): string {
  return 'text' in value ? value.text : `${value.base64} (base64)`;
}
