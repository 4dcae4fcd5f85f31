import { quoteName, quoteText } from '../../engine/types.ts';
import type { Script, SourceTable } from '../../sql/script.ts';
import type { DataflowNode, SourceTime } from './dataflow.ts';
import { readsOf } from './reachable.ts';

/** Event time of the sources that nodes read. */
export function sourceTimes(
  { sources }: Script,
  nodes: readonly DataflowNode[],
): readonly SourceTime[] {
  const read = new Set(nodes.flatMap(readsOf));
  return sources.filter(({ name }) => read.has(name)).map(sourceTime);
}

function sourceTime({ name, watermark, idleMs }: SourceTable): SourceTime {
  if (watermark === undefined) return { name, kind: 'arrival', idleMs };
  const column = quoteName(watermark.column);
  const message = quoteText(`The event time ${watermark.column} is NULL.`);
  const expression =
    watermark.expression === undefined
      ? `${column} - INTERVAL 1 SECOND`
      : `(${watermark.expression.text}\n)`;
  return {
    name,
    kind: 'column',
    time: `CASE WHEN ${column} IS NULL THEN error(${message}) ELSE ${column} END`,
    watermark: `CAST(${expression} AS TIMESTAMPTZ)`,
    idleMs,
  };
}
