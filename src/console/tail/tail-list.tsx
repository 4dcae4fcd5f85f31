import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, type ReactNode, useEffect, useId, useRef } from 'react';
import { serverNowMs } from '../clock.ts';
import { clockText, offsetText, timeText } from '../time/time-text.ts';
import { useZone } from '../time/zone.ts';
import { parseJson } from '../json/json-node.ts';
import { scalarText } from '../json/json-text.ts';
import { valueAt } from '../json/value-at.ts';
import type { TailRecord } from './tail-record.ts';
import './tail-list.css';

/** The height of a row (--row). */
const rowPx = 28;
const overscanRows = 8;
/** Of a longer record, so much is in its row. */
const shownCharactersMax = 600;

/** Places stand at the right by blanks before them: aligned by style, longer ones would move. */
const placeCharacters = { partition: 8, position: 13 };

export type TailListProps = {
  /** In the order in which they are shown. */
  readonly records: readonly TailRecord[];
  readonly chosenKey: number | undefined;
  readonly onChoose: (record: TailRecord) => void;
  /** What is told of the time: `arrived` at the server, or `seen` on this page. */
  readonly timeName: 'arrived' | 'seen';
  readonly hasPlaces: boolean;
  /** Fields of JSON records that have columns of their own. */
  readonly columns: readonly string[];
  /** Records from this key on have just come. */
  readonly freshKey: number;
  /** False as long as the first row is seen. */
  readonly onScroll?: ((isAway: boolean) => void) | undefined;
  /** Counted up to go back to the first row. */
  readonly toTop: number;
};

/** Records as rows, of which only those that are seen are in the page. */
export function TailList(props: TailListProps): ReactNode {
  const { records, chosenKey, onChoose, hasPlaces, columns, freshKey, onScroll, toTop } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const zone = useZone();
  const virtual = useVirtualizer({
    count: records.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: overscanRows,
    // The names of the columns stay above.
    scrollPaddingStart: rowPx,
  });
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [toTop]);
  const chosenIndex = records.findIndex(({ key }) => key === chosenKey);
  const onKeyDown = (event: KeyboardEvent): void => {
    const target = targetOf(event.key, chosenIndex, records.length);
    const record = target === undefined ? undefined : records[target];
    if (record === undefined || target === undefined) return;
    event.preventDefault();
    virtual.scrollToIndex(target);
    onChoose(record);
  };
  const items = virtual.getVirtualItems();
  const isSeen = items.some(({ index }) => index === chosenIndex);
  return (
    <div
      ref={scroller}
      className={classOf(props)}
      role="grid"
      aria-label="Records"
      aria-rowcount={records.length + 1}
      aria-colcount={2 + (hasPlaces ? 2 : 0) + columns.length}
      tabIndex={0}
      aria-activedescendant={isSeen ? `${id}${chosenKey}` : undefined}
      onKeyDown={onKeyDown}
      onScroll={({ currentTarget }) => onScroll?.(currentTarget.scrollTop >= rowPx)}
    >
      <Head {...props} />
      <div
        role="rowgroup"
        className="tail-scroll"
        style={{ height: `${virtual.getTotalSize()}px` }}
      >
        {items.map(({ index, start }) => {
          const record = records[index];
          if (record === undefined) return null;
          const isChosen = record.key === chosenKey;
          const place = { id: `${id}${record.key}`, index, start, hasPlaces, columns, zone };
          const state = { isChosen, isFresh: record.key >= freshKey };
          return (
            <Row key={slotOf(index)} record={record} {...place} {...state} onChoose={onChoose} />
          );
        })}
      </div>
    </div>
  );
}

function classOf({ hasPlaces, columns }: TailListProps): string {
  const names = ['tail', ...(hasPlaces ? ['has-places'] : [])];
  return [...names, ...(columns.length > 0 ? ['has-columns'] : [])].join(' ');
}

/** Rows that leave the page lend their elements to those that come in. */
function slotOf(index: number): number {
  return index % slotCount;
}

/** More than are ever in the page at once: a window of 4,000 pixels and what is around. */
const slotCount = 200;

function Head(props: TailListProps): ReactNode {
  const { hasPlaces, timeName, columns } = props;
  const zone = useZone();
  return (
    <div role="rowgroup" className="tail-head">
      <div role="row" aria-rowindex={1} className="tail-row">
        <span role="columnheader">{headText(timeName, props.records, zone)}</span>
        {hasPlaces && (
          <>
            <span role="columnheader" className="tail-partition">
              partition
            </span>
            <span role="columnheader" className="tail-position">
              position
            </span>
          </>
        )}
        {columns.length > 0 && (
          <span role="presentation" className="tail-chosen">
            {columns.map((column) => (
              <span key={column} role="columnheader" title={column}>
                {column}
              </span>
            ))}
          </span>
        )}
        <span role="columnheader" className="tail-text">
          record
        </span>
      </div>
    </div>
  );
}

/** `arrived +01:00`: with the offset of the clocks below, or that of now. */
function headText(name: string, records: readonly TailRecord[], zone: string): string {
  const times = [records[0]?.time, records.at(-1)?.time].map((time) => Date.parse(time ?? ''));
  const known = times.filter((ms) => !Number.isNaN(ms));
  const offsets = new Set(
    (known.length > 0 ? known : [serverNowMs()]).map((ms) => offsetText(ms, zone)),
  );
  return `${name} ${[...offsets].join(' ')}`;
}

type RowProps = {
  readonly record: TailRecord;
  readonly id: string;
  readonly index: number;
  readonly start: number;
  readonly isChosen: boolean;
  readonly isFresh: boolean;
  readonly hasPlaces: boolean;
  readonly zone: string;
  readonly columns: readonly string[];
  readonly onChoose: (record: TailRecord) => void;
};

const Row = memo(function Row(props: RowProps): ReactNode {
  const { record, id, index, start, isChosen, isFresh, hasPlaces, columns, zone, onChoose } = props;
  return (
    <div
      role="row"
      id={id}
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      className={isFresh ? 'tail-row fresh' : 'tail-row'}
      style={{ transform: `translateY(${start}px)` }}
      onClick={() => onChoose(record)}
    >
      <span role="gridcell" className="tail-time" title={timeText(record.time, zone)}>
        {clockText(record.time, zone)}
      </span>
      {hasPlaces && (
        <>
          <span role="gridcell" className="tail-partition">
            {record.partition?.padStart(placeCharacters.partition)}
          </span>
          <span role="gridcell" className="tail-position">
            {(record.position ?? '?').padStart(placeCharacters.position)}
          </span>
        </>
      )}
      {columns.length > 0 && <Chosen text={record.text} columns={columns} />}
      <span role="gridcell" className="tail-text">
        {record.text.slice(0, shownCharactersMax)}
      </span>
    </div>
  );
});

const Chosen = memo(function Chosen({
  text,
  columns,
}: {
  readonly text: string;
  readonly columns: readonly string[];
}): ReactNode {
  const root = parseJson(text);
  return (
    <span role="presentation" className="tail-chosen">
      {columns.map((column) => {
        const value = root && valueAt(root, column);
        const isNumber = value?.kind === 'number';
        return (
          <span key={column} role="gridcell" className={isNumber ? 'number' : undefined}>
            {value === undefined ? '' : scalarText(value).slice(0, shownCharactersMax)}
          </span>
        );
      })}
    </span>
  );
});

function targetOf(key: string, at: number, count: number): number | undefined {
  const target = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + 20,
    PageUp: at - 20,
    Home: 0,
    End: count - 1,
  }[key];
  return target === undefined ? undefined : Math.max(0, Math.min(target, count - 1));
}
