import { quoteName } from '../../../engine/types.ts';
import type { Dataflow, RelationSql } from '../../dataflow/dataflow.ts';
import type { TimedTable } from '../source-rows.ts';
import type { SourceReader } from './used-columns.ts';

type Statements = {
  /** All names that these relations are made of in an epoch. */
  readonly closure: (reads: readonly string[]) => ReadonlySet<string>;
  /** A statement behind the definitions of what it reads. */
  readonly select: (sql: RelationSql, relations: ReadonlyMap<string, string>) => string;
};

/** All that reads what is kept of an epoch's rows of sources. */
export function sourceReaders(
  { nodes, outputs }: Dataflow,
  tables: readonly TimedTable[],
  { closure, select }: Statements,
): readonly SourceReader[] {
  const watermarks = tables.flatMap(({ table: { name }, time }) => {
    if (time?.kind !== 'column') return [];
    return [{ text: `SELECT ${time.watermark}\n FROM ${quoteName(name)}`, reads: [name] }];
  });
  const intakes = nodes.flatMap((node) => {
    if (node.kind === 'select') return [];
    if (node.kind === 'updating') return node.inputs.map(({ intake }) => intake);
    return node.late === undefined ? [node.intake] : [node.intake, node.late.sql];
  });
  const selects = new Map(
    nodes.flatMap((node) => (node.kind === 'select' ? [[node.name, node.sql.text] as const] : [])),
  );
  return [...watermarks, ...intakes, ...outputs.map(({ sql }) => sql)].flatMap((sql) => {
    const names = closure(sql.reads);
    const sources = tables.filter(({ table }) => names.has(table.name));
    if (sources.length === 0) return [];
    const known = new Set([...sources.map(({ table }) => table.name), ...selects.keys()]);
    const text: SourceReader['text'] = (columns) =>
      select(sql, new Map([...stillSources(sources, columns), ...selects]));
    const isOfSources = [...names].every((name) => known.has(name));
    return [{ sources: sources.map(({ table }) => table), text: isOfSources ? text : undefined }];
  });
}

/** With a time of which nothing is known before a statement runs. */
function stillSources(
  sources: readonly TimedTable[],
  columns: ReadonlyMap<string, string>,
): readonly (readonly [name: string, select: string])[] {
  const time = ', make_timestamptz((random() * 1e15)::BIGINT) AS "__time"';
  return sources.map(({ table, time: at }) => [
    table.name,
    `SELECT *${at === undefined ? '' : time} FROM (${columns.get(table.name) ?? ''})`,
  ]);
}
