import type { PipelineAnswer } from '../../../../server/api.ts';
import type { GraphAnswer } from '../../../../server/answer/plan-answer.ts';
import { bytes, count, duration, rate } from '../../../text.ts';
import { type PipelineRates, quarantineTable } from '../rates.ts';

type CheckedNode = Pick<GraphAnswer['nodes'][number], 'id' | 'kind' | 'label'>;

export type NodeKind = CheckedNode['kind'] | 'rejected';

export type PipelineNode = {
  /** Names of sources and tables may be the same as that of the rejected. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly name: string;
  /** What it is: its connector, or its kind. */
  readonly what: string;
  /** What goes through it, as a person reads it; '' where that isn't known. */
  readonly flow: string;
  readonly isWaiting: boolean;
};

/** A `GraphShape` with what is drawn. */
export type PipelineGraph = {
  readonly nodes: readonly PipelineNode[];
  /** `rate`: rows a second that arrive behind the edge; undefined where it isn't known. */
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly rate: number | undefined;
  }[];
};

type Checked = { readonly nodes: readonly CheckedNode[]; readonly edges: GraphAnswer['edges'] };

const rejectedId = '\u0000rejected';

/** A pipeline's operators with what goes through them now, and where its rejected records go. */
export function graphOf(
  pipeline: PipelineAnswer,
  checked: Checked | undefined,
  rates: PipelineRates | undefined,
): PipelineGraph {
  const shape = checked === undefined ? shapeOf(pipeline) : withoutSelects(checked);
  const nodes = shape.nodes.map((node) => nodeOf(node, pipeline, rates));
  const rejected: PipelineNode = {
    id: rejectedId,
    kind: 'rejected',
    name: quarantineTable,
    what: 'rejected records',
    flow: `${count(pipeline.records_rejected)} · ${rate(rates?.rejected ?? 0)}`,
    isWaiting: false,
  };
  const edges = shape.edges.map((edge) => ({ ...edge, rate: rateBehind(edge.to, shape, rates) }));
  const falls = shape.nodes
    .filter(({ kind }) => kind === 'source')
    .map(({ id }) => ({ from: id, to: rejectedId, rate: rates?.rejected }));
  return { nodes: [...nodes, rejected], edges: [...edges, ...falls] };
}

/** What keeps nothing and has no name is passed over. */
function withoutSelects({ nodes, edges }: Checked): Checked {
  const passed = new Set(nodes.filter(({ kind }) => kind === 'select').map(({ id }) => id));
  const above = (id: string): readonly string[] =>
    passed.has(id) ? edges.filter(({ to }) => to === id).flatMap(({ from }) => above(from)) : [id];
  const shown = nodes.filter(({ id }) => !passed.has(id));
  return {
    nodes: shown,
    edges: shown.flatMap(({ id: to }) => {
      const reads = edges.filter((edge) => edge.to === to).flatMap(({ from }) => above(from));
      return [...new Set(reads)].map((from) => ({ from, to }));
    }),
  };
}

/** How thick an edge is drawn: a step for each power of ten. */
export function edgeWidth(perSecond: number | undefined): number {
  if (perSecond === undefined || perSecond <= 0) return 1;
  return Math.min(8, 1.5 + Math.max(0, Math.log10(perSecond)) * 1.3);
}

/** Without its SQL, a pipeline still has ends. */
function shapeOf({ sources, sinks }: PipelineAnswer): Checked {
  const tables = sinks.filter(({ table }) => table !== quarantineTable);
  const end = (kind: 'source' | 'sink', name: string) => ({ id: name, kind, label: name });
  return {
    nodes: [
      ...sources.map(({ name }) => end('source', name)),
      ...tables.map(({ table }) => end('sink', table)),
    ],
    edges: sources.flatMap(({ name }) => tables.map(({ table }) => ({ from: name, to: table }))),
  };
}

function nodeOf(
  { id, kind, label }: CheckedNode,
  pipeline: PipelineAnswer,
  rates: PipelineRates | undefined,
): PipelineNode {
  if (kind === 'source') {
    const source = pipeline.sources.find(({ name }) => name === id);
    return {
      id,
      kind,
      name: label,
      what: source?.connector ?? 'source',
      flow: sourceFlow(source, pipeline, rates),
      isWaiting: source?.waiting !== undefined,
    };
  }
  if (kind !== 'sink') return { id, kind, name: label, what: kind, flow: '', isWaiting: false };
  const sink = pipeline.sinks.find(({ table }) => table === id);
  const rows = rates?.rows.get(id);
  return {
    id,
    kind,
    name: label,
    what: sink?.connector ?? 'sink',
    flow: rows === undefined ? '' : `${rate(rows)} · ${count(sink?.hot_rows ?? 0)} hot`,
    isWaiting: false,
  };
}

/** Bytes are counted for the pipeline as a whole: they are one source's only where it is alone. */
function sourceFlow(
  source: PipelineAnswer['sources'][number] | undefined,
  pipeline: PipelineAnswer,
  rates: PipelineRates | undefined,
): string {
  const isAlone = pipeline.sources.length === 1;
  const read = isAlone && rates !== undefined ? `${bytes(rates.bytesRead)}/s` : undefined;
  const lag = source?.lag_ms === undefined ? undefined : `${duration(source.lag_ms)} behind`;
  return [read, lag].filter((part) => part !== undefined).join(' · ');
}

/** Rows a second into the tables that a node feeds, itself included. */
function rateBehind(
  id: string,
  { edges }: Checked,
  rates: PipelineRates | undefined,
): number | undefined {
  if (rates === undefined) return undefined;
  const reached = new Set([id]);
  for (const one of reached) {
    for (const { from, to } of edges) if (from === one) reached.add(to);
  }
  let sum = 0;
  for (const one of reached) sum += rates.rows.get(one) ?? 0;
  return sum;
}
