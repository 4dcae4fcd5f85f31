import type { Connection } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Dataflow, UpdatingNode, WindowNode } from '../dataflow/dataflow.ts';
import type { PartStore } from '../epoch/part-store.ts';
import { endUs, type ManifestStreamNode, toWatermark } from '../stream/manifest-stream.ts';
import type { OperatorState } from './consequences.ts';

/** What is known of an operator's kept rows beyond what its manifest says. */
export type KeptFacts = Pick<OperatorState, 'windows' | 'keys' | 'sinceMs'>;

/**
 * Looks into the kept rows of a manifest's nodes, by name. Parts are let go while the pipeline
 * runs: `undefined` where one was, so that a newer manifest may be asked.
 */
export async function keptFacts(
  nodes: readonly ManifestStreamNode[],
  dataflow: Dataflow | undefined,
  { connection, parts }: KeptParts,
): Promise<ReadonlyMap<string, KeptFacts> | undefined> {
  const names = nodes.flatMap((node) => node.parts.map(({ name }) => name));
  parts.pin(names);
  try {
    for (const name of names) if (!(await parts.exists(name))) return undefined;
    return await factsOf(nodes, dataflow, { connection, parts });
  } finally {
    parts.unpin(names);
  }
}

type KeptParts = { readonly connection: Connection; readonly parts: PartStore };

async function factsOf(
  nodes: readonly ManifestStreamNode[],
  dataflow: Dataflow | undefined,
  { connection, parts }: KeptParts,
): Promise<ReadonlyMap<string, KeptFacts>> {
  const facts = new Map<string, KeptFacts>();
  for (const entry of nodes.filter((one) => one.parts.length > 0)) {
    const node = dataflow?.nodes.find(({ name }) => name === entry.name);
    if (node === undefined || node.kind === 'select') continue;
    const pathOf = (name: string): string => quoteText(parts.path(name));
    const sql =
      node.kind === 'window'
        ? windowFacts(node, entry, pathOf)
        : updatingFacts(node, entry, pathOf);
    const [row] = await connection.rows(sql);
    const numberOf = (column: string): number | undefined => {
      const value = row?.[column] ?? undefined;
      return value === undefined ? undefined : Number(value);
    };
    facts.set(entry.name, {
      windows: numberOf('windows'),
      keys: numberOf('keys'),
      sinceMs: numberOf('since_ms'),
    });
  }
  return facts;
}

type PathOf = (name: string) => string;

function windowFacts(
  { shape }: WindowNode,
  { parts, watermark }: ManifestStreamNode,
  pathOf: PathOf,
): string {
  const rows = `read_parquet([${parts.map(({ name }) => pathOf(name)).join(', ')}])`;
  const after = `(${toWatermark(watermark) ?? -endUs})::BIGINT`;
  if (shape.kind === 'session') {
    return `SELECT min("__first") // 1000 AS since_ms FROM ${rows}
      WHERE "__last" + ${shape.gapUs} > ${after}`;
  }
  const slideUs = shape.kind === 'hop' ? shape.slideUs : shape.widthUs;
  const ends = `range("__bin" + ${slideUs}, "__bin" + ${shape.widthUs + 1n}, ${slideUs})`;
  return `SELECT count(*) AS windows, (min("end") - ${shape.widthUs}) // 1000 AS since_ms
    FROM (SELECT DISTINCT unnest(${ends}) AS "end" FROM (SELECT DISTINCT "__bin" FROM ${rows}))
    WHERE "end" > ${after}`;
}

function updatingFacts(node: UpdatingNode, { parts }: ManifestStreamNode, pathOf: PathOf): string {
  const keysOf = (table: number | undefined): readonly string[] =>
    node.inputs[table ?? -1]?.keys.map(({ name }) => name) ?? node.resultKeys;
  const selects = parts.map(({ name, table }) => {
    const keys = keysOf(table).map((key, place) => `${quoteName(key)} AS k${place}`);
    return `SELECT ${keys.join(', ') || '1 AS k'}, "__at" FROM read_parquet(${pathOf(name)})`;
  });
  return `WITH kept AS (${selects.join(' UNION ALL ')})
    SELECT (SELECT count(*) FROM (SELECT DISTINCT * EXCLUDE ("__at") FROM kept)) AS keys,
      (SELECT min("__at") FROM kept) AS since_ms`;
}
