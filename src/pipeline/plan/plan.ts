import type { Schema } from '../../event/schema.ts';
import { duckdbType, quoteName } from '../../engine/types.ts';
import type { Insert, Script, SinkTable, SourceColumn, SourceTable } from '../../sql/script.ts';
import type { Dataflow, DataflowLookup } from '../dataflow/dataflow.ts';
import { composeSelect, type ComposedSql, type Relation, type SqlPieces } from './compose.ts';

/**
 * A pipeline's script, checked against DuckDB: plain data from which each epoch's SQL is put
 * together. Names of tables are in the script's spelling and unique without regard to case.
 */
export type Plan = {
  readonly script: Script;
  /** Views and memory tables, each after those it reads. */
  readonly relations: readonly Relation[];
  readonly outputs: readonly Output[];
  /** Who reads whom: [from, to] by name, in the direction of the rows. */
  readonly edges: readonly (readonly [string, string])[];
  /** The tables that it looks up; undefined: none. */
  readonly lookups?: readonly DataflowLookup[] | undefined;
  /** Of a script that keeps state: what its outputs are made by. */
  readonly dataflow?: Dataflow | undefined;
};

/** What goes to one sink: all INSERTs into it, as one SELECT. */
export type Output = {
  readonly table: SinkTable;
  readonly inserts: readonly Insert[];
  readonly body: SqlPieces;
  readonly schema: Schema;
  /** Names of the source tables that it reads, through views too. */
  readonly reads: readonly string[];
  /** Names of the views and memory tables that it reads. */
  readonly through: readonly string[];
};

/** The SELECT of an output over the given source relations (source name → SELECT text). */
export function outputSelect(
  plan: Plan,
  output: Output,
  sources: ReadonlyMap<string, string>,
  columns: string,
): ComposedSql {
  const relations = [
    ...plan.script.sources
      .filter((source) => output.reads.includes(source.name))
      .map((source) => sourceRelation(source, sources.get(source.name) ?? emptyRecords(source))),
    ...plan.relations.filter((relation) => output.through.includes(relation.name)),
  ];
  return composeSelect(relations, columns, output.body);
}

/**
 * A source table as the script's SELECTs see it: its fields, with the generated columns added. Of
 * `records`, the columns `kept` stay behind them.
 */
export function sourceRelation(
  source: SourceTable,
  records: string,
  kept: readonly string[] = [],
): Relation {
  const generated = source.columns.filter((column) => column.origin.kind === 'generated');
  if (generated.length === 0) return { name: source.name, body: [records] };
  const pieces = source.columns.flatMap((column, index) => {
    const separator = index === 0 ? '' : ', ';
    return [separator, ...columnPieces(column)];
  });
  const rest = kept.map((name) => `, ${quoteName(name)}`).join('');
  return { name: source.name, body: ['SELECT ', ...pieces, `${rest} FROM (${records})`] };
}

function columnPieces(column: SourceColumn): SqlPieces {
  const name = quoteName(column.name);
  if (column.origin.kind !== 'generated') return [name];
  const type = duckdbType(column.type);
  return ['CAST((', column.origin.expression, `\n) AS ${type}) AS ${name}`];
}

/** A SELECT with a source's columns and no rows. */
export function emptyRecords(source: SourceTable): string {
  const columns = source.columns
    .filter((column) => column.origin.kind !== 'generated')
    .map((column) => `NULL::${duckdbType(column.type)} AS ${quoteName(column.name)}`);
  return `SELECT ${columns.join(', ')} WHERE false`;
}

/**
 * The column of an output that holds event time: a watermark's column that the SELECT passes on.
 */
export function timeColumnOf(plan: Plan, output: Output): string | undefined {
  for (const source of plan.script.sources) {
    const watermark = source.watermark?.column.toLowerCase();
    if (watermark === undefined || !output.reads.includes(source.name)) continue;
    const column = output.schema.find(
      ({ name, type }) => name.toLowerCase() === watermark && type.kind === 'timestamp',
    );
    if (column !== undefined) return column.name;
  }
  return undefined;
}
