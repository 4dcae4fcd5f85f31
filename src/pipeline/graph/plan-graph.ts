import type { Dataflow } from '../dataflow/dataflow.ts';
import { hasWindows } from '../dataflow/source/record-time.ts';
import { readsOf } from '../dataflow/reachable.ts';
import type { Plan } from '../plan/plan.ts';
import type { SelectText } from '../../sql/script.ts';
import { lookupNode, sinkNode, sourceNode } from './end-nodes.ts';
import type { GraphEdge, GraphNode, PipelineGraph } from './graph.ts';
import { operatorNode } from './operator-nodes.ts';

/** The operators of a plan, by which it runs. */
export function planGraph(plan: Plan): PipelineGraph {
  const { script, outputs, dataflow, lookups = [] } = plan;
  const isTimed = dataflow !== undefined && hasWindows(dataflow);
  const times = (dataflow?.sources ?? []).filter(({ kind }) => isTimed || kind === 'column');
  const sources = script.sources.map((source) =>
    sourceNode(
      source,
      times.find(({ name }) => name === source.name),
    ),
  );
  const read = script.lookups.map((table) =>
    lookupNode(table, lookups.find(({ name }) => name === table.name)?.columns ?? []),
  );
  const operators =
    dataflow === undefined ? plainOperators(plan) : dataflowOperators(plan, dataflow);
  const sinks = outputs.map((output) =>
    sinkNode(
      output,
      dataflow?.outputs.find(({ table }) => table === output.table.name),
    ),
  );
  const nodes = [...sources, ...read, ...operators.nodes, ...sinks];
  const graph = { nodes, edges: operators.edges };
  return script.explained.length > 0 ? whatSinksRead(graph) : graph;
}

/** EXPLAIN asks about some of a script. */
function whatSinksRead({ nodes, edges }: PipelineGraph): PipelineGraph {
  const read = new Set(nodes.filter(({ kind }) => kind === 'sink').map(({ id }) => id));
  for (const id of read) for (const { from, to } of edges) if (to === id) read.add(from);
  return {
    nodes: nodes.filter(({ id }) => read.has(id)),
    edges: edges.filter(({ to }) => read.has(to)),
  };
}

/** Of a script that keeps nothing: its views, and one SELECT for each sink. */
function plainOperators({ script, relations, outputs, edges }: Plan): PipelineGraph {
  const isSink = (name: string): boolean => outputs.some(({ table }) => table.name === name);
  const named = relations.flatMap(({ name }): readonly GraphNode[] => {
    const view = script.views.find((one) => one.name === name);
    // A materialized view is a sink, behind its SELECT.
    if (view !== undefined) return isSink(name) ? [] : [plainNode(name, 'view', [view])];
    const isTable = script.memoryTables.some((one) => one.name === name);
    const inserts = script.inserts.filter(({ target }) => target === name);
    return isTable ? [plainNode(name, 'table', inserts)] : [];
  });
  const idOf = (index: number): string => `__select_${index + 1}`;
  const selects = outputs.map(({ table, inserts }, index) => {
    const view = script.views.find(({ name }) => name === table.name);
    const written = view === undefined ? inserts : [view];
    return { ...plainNode(idOf(index), 'select', written), label: 'SELECT' };
  });
  const selectInto = new Map(outputs.map(({ table }, index) => [table.name, idOf(index)]));
  const selectOf = (name: string): string => selectInto.get(name) ?? name;
  return {
    nodes: [...named, ...selects],
    edges: [
      ...edges.map(([from, to]) => ({ from: selectOf(from), to: selectOf(to) })),
      ...[...selectInto].map(([to, from]) => ({ from, to })),
    ],
  };
}

function plainNode(
  id: string,
  kind: GraphNode['kind'],
  written: readonly { readonly select: SelectText }[],
): GraphNode {
  const sql = written.map(({ select }) => select.text.replaceAll(/\s+/g, ' ').trim());
  return { id, kind, label: id, details: { sql } };
}

/** What says no more than what it reads is passed over. */
function dataflowOperators({ script }: Plan, { nodes, outputs }: Dataflow): PipelineGraph {
  const shown = nodes.flatMap((node) => operatorNode(node, script) ?? []);
  const isShown = new Set(shown.map(({ id }) => id));
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const windowOfLate = new Map(
    nodes.flatMap((node) =>
      node.kind === 'window' && node.late !== undefined ? [[node.late.name, node.name]] : [],
    ),
  );
  const above = (name: string): readonly string[] => {
    const own = windowOfLate.get(name) ?? name;
    const node = isShown.has(own) ? undefined : byName.get(own);
    return node === undefined ? [own] : readsOf(node).flatMap(above);
  };
  const edgesTo = (to: string, reads: readonly string[]): readonly GraphEdge[] =>
    [...new Set(reads.flatMap(above))].map((from) => ({ from, to }));
  return {
    nodes: shown,
    edges: [
      ...nodes
        .filter(({ name }) => isShown.has(name))
        .flatMap((node) => edgesTo(node.name, readsOf(node))),
      ...outputs.flatMap(({ table, sql }) => edgesTo(table, sql.reads)),
    ],
  };
}
