import type { ReactNode } from 'react';
import { Icon } from '../../../parts/icon.tsx';
import type { RunState } from './query-run.ts';

export type RunActions = {
  readonly onRun: () => void;
  readonly onCancel: () => void;
  readonly onLive: () => void;
  readonly onPause: () => void;
  readonly onStopLive: () => void;
};

/** What starts and ends a query: it says what it will run. */
export function RunBar({
  state,
  canRun,
  isSelection,
  actions,
  children,
}: {
  readonly state: RunState;
  readonly canRun: boolean;
  readonly isSelection: boolean;
  readonly actions: RunActions;
  /** What is beside. */
  readonly children: ReactNode;
}): ReactNode {
  const isRunning = state.phase.kind === 'running';
  return (
    <div className="sql-run-bar">
      {isRunning ? (
        <button type="button" className="button" onClick={actions.onCancel}>
          Cancel <kbd>Esc</kbd>
        </button>
      ) : (
        <button type="button" className="button main" disabled={!canRun} onClick={actions.onRun}>
          <Icon name="play" />
          {isSelection ? 'Run selection' : 'Run'} <kbd>{runKeys}</kbd>
        </button>
      )}
      <LiveButtons state={state} canRun={canRun} actions={actions} />
      {children}
    </div>
  );
}

const runKeys = navigator.userAgent.includes('Mac') ? '⌘⏎' : 'Ctrl ⏎';

function LiveButtons({
  state,
  canRun,
  actions,
}: {
  readonly state: RunState;
  readonly canRun: boolean;
  readonly actions: RunActions;
}): ReactNode {
  if (state.live === 'off') {
    return (
      <button
        type="button"
        className="button"
        disabled={!canRun}
        title="Asks the same each second, and shows the newest answer in place"
        onClick={actions.onLive}
      >
        Live
      </button>
    );
  }
  const isPaused = state.live === 'paused';
  return (
    <>
      <button
        type="button"
        className="button"
        onClick={isPaused ? actions.onLive : actions.onPause}
      >
        <Icon name={isPaused ? 'play' : 'pause'} />
        {isPaused ? 'Go on' : 'Pause'}
      </button>
      <button
        type="button"
        className="button sql-live-on"
        aria-pressed="true"
        title="Stops asking again"
        onClick={actions.onStopLive}
      >
        Live
      </button>
    </>
  );
}
