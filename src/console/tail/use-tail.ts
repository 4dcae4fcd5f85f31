import { useEffect, useRef, useState } from 'react';
import type { ColumnAnswer, ErrorBody } from '../../server/api.ts';
import type { LiveEvent } from '../../server/live/live-api.ts';
import { live, type Subscription } from '../api/live-socket.ts';
import { after, serverNowMs } from '../clock.ts';
import { TailBuffer, type TailView } from './tail-buffer.ts';
import { type Arrival, arrivalOfLines, arrivalOfRows } from './tail-record.ts';

export type TailSubscription = Extract<Subscription, { kind: 'tail' }>;

export type Tail = {
  readonly view: TailView;
  /** Why the server ended it. */
  readonly error: ErrorBody | undefined;
  /** RFC 3339: the server was away before; what came meanwhile is not here. */
  readonly gapBefore: string | undefined;
  readonly hold: () => void;
  readonly release: () => void;
};

export type TailOptions = {
  /** What a stream's offsets count. */
  readonly unit: 'bytes' | 'records';
  /** Asks for records that were there before, the oldest first; it may fail. */
  readonly before?: ((signal: AbortSignal) => Promise<Arrival['records']>) | undefined;
};

/** Without records the rate is shown anew so often. */
const idleMs = 1000;

/**
 * Follows a stream or a table from now on; undefined follows nothing. What comes between two frames
 * of the browser makes one render.
 */
export function useTail(
  subscription: TailSubscription | undefined,
  { unit, before }: TailOptions,
): Tail {
  const key = JSON.stringify(subscription ?? null);
  const asksBefore = useRef(before);
  useEffect(() => {
    asksBefore.current = before;
  });
  const buffer = useRef(new TailBuffer(0));
  const [shown, setState] = useState(() => beginning(buffer.current));
  useEffect(() => {
    const own = new TailBuffer(serverNowMs());
    buffer.current = own;
    setState(beginning(own));
    const asked = JSON.parse(key) as TailSubscription | null;
    const asks = asksBefore.current;
    return asked === null ? undefined : follow(asked, { own, unit, before: asks, setState });
  }, [key, unit]);
  const change = (action: (of: TailBuffer) => void): void => {
    action(buffer.current);
    setState((state) => ({ ...state, view: buffer.current.view(serverNowMs()) }));
  };
  return {
    ...shown,
    hold: () => change((own) => own.hold()),
    release: () => change((own) => own.release()),
  };
}

type TailState = Pick<Tail, 'view' | 'error' | 'gapBefore'>;

type Following = TailOptions & {
  readonly own: TailBuffer;
  readonly setState: (change: (before: TailState) => TailState) => void;
};

function beginning(buffer: TailBuffer): TailState {
  return { view: buffer.view(0), error: undefined, gapBefore: undefined };
}

/** Returns what ends it. */
function follow(subscription: TailSubscription, following: Following): () => void {
  const { own, unit, before, setState } = following;
  const stop = new AbortController();
  let columns: readonly ColumnAnswer[] = [];
  let frame: number | undefined;
  let cancelIdle = (): void => undefined;
  const show = (): void => {
    frame = undefined;
    cancelIdle();
    cancelIdle = after(idleMs, show);
    const view = own.view(serverNowMs());
    setState((state) => ({ ...state, view }));
  };
  const onEvent = (event: LiveEvent): void => {
    if (event.kind === 'columns') {
      ({ columns } = event);
      // The server follows from here on: what is there now and does not come again came before.
      before?.(stop.signal).then(
        (records) => {
          own.beginWith(records);
          frame ??= requestAnimationFrame(show);
        },
        // The tail goes on without; what keeps from looking keeps from following, too.
        () => undefined,
      );
    }
    if (event.kind === 'error') setState((state) => ({ ...state, error: event.error }));
    const arrival = arrivalOf(event, { columns, unit });
    if (arrival === undefined) return;
    own.add(arrival, serverNowMs());
    frame ??= requestAnimationFrame(show);
  };
  const onReopen = (): void =>
    setState((state) => ({ ...state, gapBefore: new Date(serverNowMs()).toISOString() }));
  const unsubscribe = live.subscribe(subscription, onEvent, onReopen);
  cancelIdle = after(idleMs, show);
  return () => {
    unsubscribe();
    stop.abort();
    cancelIdle();
    if (frame !== undefined) cancelAnimationFrame(frame);
  };
}

function arrivalOf(
  event: LiveEvent,
  {
    columns,
    unit,
  }: { readonly columns: readonly ColumnAnswer[]; readonly unit: Following['unit'] },
): Arrival | undefined {
  const time = new Date(serverNowMs()).toISOString();
  if (event.kind === 'lines') return arrivalOfLines(event, { unit, time });
  if (event.kind === 'rows') return arrivalOfRows(event, { columns, time });
  return undefined;
}
