import type { PipelineAnswer } from '../../../../server/api.ts';

/** A stream that a pipeline of the table reads, and where rows may tell their places in it. */
export type Origin = {
  readonly pipeline: string;
  readonly stream: string;
  /** Undefined: a stream of Helios. */
  readonly connection: string | undefined;
  /** Columns of the table that hold a record's place; undefined where it has none. */
  readonly place: PlaceColumns | undefined;
};

export type PlaceColumns = { readonly partition: string; readonly position: string };

/** What is told of a pipeline to find what it reads for a table. */
type FeedingPipeline = Pick<PipelineAnswer, 'name' | 'sql'> & {
  readonly sources: readonly Pick<PipelineAnswer['sources'][number], 'reads'>[];
  readonly sinks: readonly Pick<PipelineAnswer['sinks'][number], 'table'>[];
};

/** The streams whose records may have become rows of the table. */
export function originsOf(
  table: { readonly name: string; readonly columns: readonly { readonly name: string }[] },
  pipelines: readonly FeedingPipeline[],
): readonly Origin[] {
  const names = table.columns.map(({ name }) => name);
  return pipelines
    .filter(({ sinks }) => sinks.some((sink) => sameName(sink.table, table.name)))
    .flatMap((pipeline) =>
      pipeline.sources.flatMap(({ reads }) =>
        (reads?.names ?? []).map((stream) => ({
          pipeline: pipeline.name,
          stream,
          connection: reads?.connection,
          place: placeColumns(pipeline.sql, names),
        })),
      ),
    );
}

/** Metadata that says where a record is: its partition, and its position there. */
const placeKeys = [
  ['partition', 'offset_id'],
  ['shard_id', 'sequence_number'],
] as const;

/**
 * The columns that a script fills with records' places, and that the table has by the same names; a
 * SELECT that calls them otherwise hides them from this.
 */
export function placeColumns(sql: string, columns: readonly string[]): PlaceColumns | undefined {
  const named = new Map([...sql.matchAll(metadataColumn)].map((found) => columnOf(found.groups)));
  for (const [partitionKey, positionKey] of placeKeys) {
    const [partition, position] = [partitionKey, positionKey].map((key) =>
      columns.find((name) => sameName(name, named.get(key) ?? '')),
    );
    if (partition !== undefined && position !== undefined) return { partition, position };
  }
  return undefined;
}

/** `o BIGINT METADATA FROM 'offset_id'`, or `… GENERATED ALWAYS AS (metadata('offset_id'))`. */
const metadataColumn = new RegExp(
  String.raw`(?<name>"(?:[^"]|"")+"|\w+)\s+\w+\s+` +
    String.raw`(?:METADATA\s+FROM\s+|GENERATED\s+ALWAYS\s+AS\s*\(\s*metadata\s*\(\s*)` +
    String.raw`'(?<key>\w+)'`,
  'gi',
);

function columnOf(groups: Readonly<Record<string, string>> | undefined): readonly [string, string] {
  const { name = '', key = '' } = groups ?? {};
  const isQuoted = name.startsWith('"');
  return [key, isQuoted ? name.slice(1, -1).replaceAll('""', '"') : name];
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
