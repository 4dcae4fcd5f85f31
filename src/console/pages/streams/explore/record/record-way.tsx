import type { ReactNode } from 'react';
import type { BytesAnswer } from '../../../../../server/discovery/discovery-answers.ts';
import { CopyButton } from '../../../../parts/copy-button.tsx';
import { Fact } from '../../../../parts/fact.tsx';
import type { TailRecord } from '../../../../tail/tail-record.ts';
import { Time } from '../../../../time/time.tsx';
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
  const { arrivedAt, beside, passages } = useWay(record, { explored, readers });
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
          <Time at={time} />, by this browser’s clock
        </Fact>
      )}
      {partition !== undefined && <Fact name="partition">{partition}</Fact>}
      {partition !== undefined && (
        <Fact name="position">
          {position ?? 'not known: bytes before it in the same message are no text'}
          {position !== undefined && <LinkTo record={record} explored={explored} />}
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
        </Fact>
      ))}
    </dl>
  );
}

function Outcome({ passage: { outcome } }: { readonly passage: Passage }): ReactNode {
  if (outcome.kind === 'rejected') {
    return (
      <>
        <span className="chip rejected">rejected</span> {outcome.message}
      </>
    );
  }
  return outcomeWords[outcome.kind];
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
