import { useEffect, useRef, useState } from 'react';
import type { PipelineAnswer } from '../../../server/api.ts';
import { useLivePipelines, useSocketState } from '../../api/use-live.ts';
import { after, nowMs } from '../../clock.ts';
import { type PipelineRates, ratesBetween, type Sample, samplesKept } from './rates.ts';

const everyMs = 1000;

/** All pipelines as the server tells of them, and their rates, on a steady tick. */
export function useRates(): {
  readonly pipelines: readonly PipelineAnswer[] | undefined;
  readonly rates: ReadonlyMap<string, PipelineRates>;
} {
  const pipelines = useLivePipelines();
  const newest = useRef(pipelines);
  useEffect(() => {
    newest.current = pipelines;
  }, [pipelines]);
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  useEffect(
    () =>
      after(samples.length === 0 ? everyMs / 2 : everyMs, () => {
        // The server says nothing while nothing changes: then the rates are none.
        const sample = newest.current && { atMs: nowMs(), pipelines: newest.current };
        setSamples((before) => [...before, ...(sample ? [sample] : [])].slice(-samplesKept));
      }),
    [samples],
  );
  const isAway = useSocketState().kind === 'away';
  const [first] = samples;
  const last = samples.at(-1);
  const rates =
    first === undefined || last === undefined || isAway
      ? new Map<string, PipelineRates>()
      : ratesBetween(first, last);
  return { pipelines, rates };
}
