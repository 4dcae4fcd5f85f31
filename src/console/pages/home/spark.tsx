import type { ReactNode } from 'react';
import { count, duration } from '../../text.ts';
import { sparkPath } from '../quarantine/spark.ts';

const width = 96;
const height = 20;

/** Rows over the last `seconds`, now at the right. */
export function Spark({
  values,
  seconds,
}: {
  readonly values: readonly number[] | undefined;
  readonly seconds: number;
}): ReactNode {
  if (values === undefined) return <span className="quiet">–</span>;
  const sum = values.reduce((all, one) => all + one, 0);
  const label = `${count(sum)} rows in the last ${duration(seconds * 1000)}`;
  return (
    <svg className="home-spark" width={width} height={height} role="img" aria-label={label}>
      <title>{label}</title>
      <path d={sparkPath(values, width, height)} />
    </svg>
  );
}
