import type { Epoch, EpochMs } from '../../event/record.ts';
import type { ManifestSource } from '../epoch/manifest.ts';

/**
 * What a pipeline asks of the state that survives its machine, where there is one: what is not
 * kept there is gone with the disk, so nothing that can't be taken back may rest on it.
 */
export type StateGate = {
  /** Manifest and parts of this epoch are in the store; undefined before the first. */
  readonly keptEpoch: () => Epoch | undefined;
  /** Sources and positions as of that epoch: what lies behind them will not be read again. */
  readonly keptSources: () => readonly ManifestSource[];
  /** Keeps what is there now, soon; without waiting for it. */
  readonly ask: () => void;
  /** Resolves when all that is true now is kept; rejects with why it can't be at the moment. */
  readonly keep: () => Promise<void>;
  /** Since when nothing could be kept; undefined when the newest try succeeded. */
  readonly failingSinceMs: () => EpochMs | undefined;
};

/** The state of all pipelines, where it survives this machine. */
export type KeptState = {
  readonly gate: (pipelineId: string) => StateGate;
  /** Where a table is that Helios makes by itself: on this disk it would be gone with it. */
  readonly tableLocation: (name: string) => string;
  /** Where a materialized view of this name is. */
  readonly viewLocation: (name: string) => string;
};
