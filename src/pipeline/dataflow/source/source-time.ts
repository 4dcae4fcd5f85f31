import { quoteName, quoteText } from '../../../engine/types.ts';
import type { Script, SourceTable } from '../../../sql/script.ts';
import type { DataflowNode, SourceTime } from '../dataflow.ts';
import { readsOf } from '../reachable.ts';
import { readableSql } from '../written/readable-sql.ts';
import { recordTimeOf } from './record-time.ts';

/** Event time of the sources that nodes read. */
export function sourceTimes(
  { sources }: Script,
  nodes: readonly DataflowNode[],
): readonly SourceTime[] {
  const read = new Set(nodes.flatMap(readsOf));
  return sources.filter(({ name }) => read.has(name)).map(sourceTime);
}

function sourceTime(source: SourceTable): SourceTime {
  const { name, watermark, idleMs } = source;
  const timed = watermark?.column ?? recordTimeOf(source);
  if (timed === undefined) return { name, kind: 'arrival', idleMs };
  const column = quoteName(timed);
  const message = quoteText(`The event time ${timed} is NULL.`);
  const written = watermark?.expression?.text;
  const expression = written === undefined ? `${column} - ${lagUnlessSaid}` : `(${written}\n)`;
  const shown = recordTimeOf(source) === undefined ? timed : "the record's own";
  return {
    name,
    kind: 'column',
    time: `CASE WHEN ${column} IS NULL THEN error(${message}) ELSE ${column} END`,
    watermark: `CAST(${expression} AS TIMESTAMPTZ)`,
    idleMs,
    label: {
      time: shown,
      watermark: readableSql(written?.trim() ?? `${shown} - ${lagUnlessSaid}`),
    },
  };
}

/** How far a watermark without an expression is behind its event. */
const lagUnlessSaid = 'INTERVAL 1 SECOND';
