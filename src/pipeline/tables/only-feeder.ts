import { HeliosError } from '../../base/errors.ts';
import { keysOf } from './pinned-views.ts';
import type { Feeder } from './table-registry.ts';

export type NewFeeder = {
  readonly table: string;
  /** Of a table that is kept current. */
  readonly keys: readonly string[] | undefined;
  /** Undefined before it is made. */
  readonly pipelineId: string | undefined;
};

/** Refuses more than one pipeline for a table that is kept current: `conflict`. */
export function checkOnlyFeeder(
  feeders: Iterable<Feeder>,
  { table, keys, pipelineId }: NewFeeder,
): void {
  const others = [...feeders].filter(({ live }) => !live.id.startsWith(`${pipelineId ?? ''}/`));
  if (others.length === 0 || (keys ?? keysOf(others)) === undefined) return;
  throw new HeliosError(
    'conflict',
    `${table} is kept current by one pipeline: another one can't write to it as well.`,
    { hint: 'Give each of them a table of its own, and read these in one query.' },
  );
}
