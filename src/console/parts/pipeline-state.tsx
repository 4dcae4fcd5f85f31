import type { ReactNode } from 'react';
import type { PipelineStateName } from '../../server/api.ts';

/** How a pipeline is: a shape and a word, and a colour only beside them. */
export function PipelineState({ state }: { readonly state: PipelineStateName }): ReactNode {
  const { mark, tone } = looks[state];
  return (
    <span className={`state ${tone}`}>
      <span className="mark" aria-hidden="true">
        {mark}
      </span>
      {state}
    </span>
  );
}

const looks: Readonly<Record<PipelineStateName, { mark: string; tone: string }>> = {
  running: { mark: '●', tone: 'good' },
  paused: { mark: '❙❙', tone: '' },
  stopped: { mark: '■', tone: '' },
  finished: { mark: '✓', tone: '' },
  retrying: { mark: '↻', tone: 'waiting' },
  failed: { mark: '✕', tone: 'bad' },
};
