import type { ReactNode } from 'react';
import { count } from '../../text.ts';
import { sparkPath } from './spark.ts';

const width = 90;
const height = 20;

/** Rejected records a minute over the last hour, now at the right. */
export function SparkLine({
  minutes,
}: {
  readonly minutes: readonly number[] | undefined;
}): ReactNode {
  if (minutes === undefined) return <span className="quiet">none</span>;
  const sum = minutes.reduce((all, one) => all + one, 0);
  const label = `${count(sum)} in the last hour, at most ${count(Math.max(...minutes))} a minute`;
  return (
    <svg className="quarantine-spark" width={width} height={height} role="img" aria-label={label}>
      <title>{label}</title>
      <path d={sparkPath(minutes, width, height)} />
    </svg>
  );
}
