import type { ReactNode } from 'react';
import { count } from '../../text.ts';
import { sparkPath } from './spark.ts';
import './spark-line.css';

const height = 20;

/** Rejected records a minute over the last hour, now at the right. */
export function SparkLine({
  minutes,
  width = 90,
}: {
  readonly minutes: readonly number[] | undefined;
  readonly width?: number;
}): ReactNode {
  const sum = minutes?.reduce((all, one) => all + one, 0) ?? 0;
  if (minutes === undefined || sum === 0) return <span className="quiet">none</span>;
  const label = `${count(sum)} in the last hour, at most ${count(Math.max(...minutes))} a minute`;
  return (
    <svg className="quarantine-spark" width={width} height={height} role="img" aria-label={label}>
      <title>{label}</title>
      <path d={sparkPath(minutes, width, height)} />
    </svg>
  );
}
