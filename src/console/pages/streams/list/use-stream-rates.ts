import { useEffect, useRef, useState } from 'react';
import type { StreamAnswer } from '../../../../server/api.ts';
import { nowMs } from '../../../clock.ts';
import { type StreamRate, StreamRates } from './stream-rates.ts';

/** Stream id → rate, by the looks at the streams so far. */
export function useStreamRates(
  streams: readonly StreamAnswer[] | undefined,
): ReadonlyMap<string, StreamRate> {
  const meter = useRef(new StreamRates());
  const [rates, setRates] = useState<ReadonlyMap<string, StreamRate>>(new Map());
  useEffect(() => {
    if (streams !== undefined) setRates(meter.current.note(streams, nowMs()));
  }, [streams]);
  return rates;
}
