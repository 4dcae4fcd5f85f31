import { quoteName } from '../../../engine/types.ts';
import type { Script, SourceColumn, SourceTable } from '../../../sql/script.ts';
import type { Dataflow } from '../dataflow.ts';
import { hiddenNames, type Relation } from '../relation.ts';
import { stateColumn } from '../tree-engine.ts';

/** A source's column for the record's own time, where no watermark names another. */
const recordTime: SourceColumn = {
  name: '__record_time',
  type: { kind: 'timestamp' },
  isNotNull: false,
  isPrimaryKey: false,
  origin: { kind: 'metadata', key: 'timestamp' },
};

/**
 * The script whose streams give the times of their records: those of topics and shards that say no
 * event time of their own.
 */
export function withRecordTimes(script: Script): Script {
  const sources = script.sources.map((source) => {
    const isStream = source.connector.kind === 'kafka' || source.connector.kind === 'kinesis';
    const isTimed = isStream && source.watermark === undefined;
    return isTimed ? { ...source, columns: [...source.columns, recordTime] } : source;
  });
  return { ...script, sources };
}

/** Is event time asked for at all? */
export function hasWindows({ nodes }: Dataflow): boolean {
  return nodes.some(({ kind }) => kind === 'window');
}

/** The column of the record's time, where the source gives it. */
export function recordTimeOf({ columns }: SourceTable): string | undefined {
  return columns.includes(recordTime) ? recordTime.name : undefined;
}

/** A source as SELECTs see it. */
export function sourceRelation({ name, columns }: SourceTable): Relation {
  return {
    name,
    rows: 'events',
    columns: columns.filter((column) => column !== recordTime).map(stateColumn),
    windowParts: new Map(),
    shape: undefined,
  };
}

/** The source without the record's time, so that its stars have no such column. */
export function withoutRecordTime({ name, rows, columns }: Relation): string {
  const list = [...columns.map((column) => quoteName(column.name)), ...hiddenNames(rows)];
  return `SELECT ${list.join(', ')} FROM ${quoteName(name)}`;
}
