import type { Clock } from '../../base/clock.ts';
import type { Engine } from '../../engine/engine.ts';
import type { TableRegistry } from '../tables/table-registry.ts';
import type { Journal } from './journal.ts';
import type { Pace } from './pace.ts';

export type CareContext = {
  readonly registry: TableRegistry;
  readonly clock: Clock;
  /** One for each run: its memory and threads are not those of the pipelines. */
  readonly openEngine: () => Promise<Engine>;
  readonly journal: Journal;
  readonly pace: Pace;
  /** Names this process: no other has the same. */
  readonly run: string;
  /** Names the data directory. */
  readonly home: string;
  /** A local folder for files in the making. */
  readonly temporaryDirectory: string;
};
