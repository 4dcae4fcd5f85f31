import { useEffect, useState, useSyncExternalStore } from 'react';
import type { PipelineAnswer } from '../../server/api.ts';
import { live, type SocketState } from './live-socket.ts';

/** Whether the server is there. */
export function useSocketState(): SocketState {
  return useSyncExternalStore(
    (onChange) => live.watch(onChange),
    () => live.state,
  );
}

/** All pipelines, as the server tells of them each second; undefined until it has. */
export function useLivePipelines(): readonly PipelineAnswer[] | undefined {
  const [pipelines, setPipelines] = useState<readonly PipelineAnswer[]>();
  useEffect(
    () =>
      live.subscribe({ kind: 'pipelines' }, (event) => {
        if (event.kind === 'pipelines') setPipelines(event.pipelines);
      }),
    [],
  );
  return pipelines;
}
