import type { DataflowNode } from '../dataflow/dataflow.ts';
import { readsOf } from '../dataflow/reachable.ts';
import type { GraphEdge, GraphNode, Validation } from '../pipeline.ts';
import type { Plan } from './plan.ts';
import type { Planned } from './planner.ts';

/** A checked script as people see it: its graph and what its sinks will hold, or what is wrong. */
export function validationOf(planned: Planned): Validation {
  if (planned.kind === 'errors') return planned;
  const { plan } = planned;
  const nodes = nodesOf(plan);
  return {
    kind: 'ok',
    graph: { nodes, edges: edgesOf(plan, new Set(nodes.map(({ id }) => id))) },
    sinks: plan.outputs.map(({ table, schema }) => ({ name: table.name, schema })),
  };
}

function nodesOf(plan: Plan): readonly GraphNode[] {
  const { sources, views, memoryTables, lookups } = plan.script;
  const named = [
    ...sources.map(({ name }): GraphNode => ({ id: name, kind: 'source', label: name })),
    ...views.map(({ name }): GraphNode => ({ id: name, kind: 'view', label: name })),
    ...[...memoryTables, ...lookups].map(({ name }): GraphNode => {
      return { id: name, kind: 'table', label: name };
    }),
  ];
  const windows = windowsOf(plan);
  return [
    ...named.map((node) => windows.find(({ id }) => id === node.id) ?? node),
    ...windows.filter(({ id }) => named.every((node) => node.id !== id)),
    ...plan.outputs.map(({ table }): GraphNode => ({
      id: table.name,
      kind: 'sink',
      label: table.name,
    })),
  ];
}

function windowsOf({ dataflow }: Plan): readonly GraphNode[] {
  return (dataflow?.nodes ?? []).flatMap((node): readonly GraphNode[] => {
    if (node.kind !== 'window') return [];
    const isOwn = node.name.startsWith('__');
    const label = isOwn ? node.label : `${node.name}: ${node.label}`;
    return [{ id: node.name, kind: 'window', label }];
  });
}

/** What is between two nodes that are shown, and isn't itself, is passed over. */
function edgesOf(plan: Plan, shown: ReadonlySet<string>): readonly GraphEdge[] {
  const { dataflow } = plan;
  if (dataflow === undefined) return plan.edges.map(([from, to]) => ({ from, to }));
  const nodes = new Map(dataflow.nodes.map((node) => [node.name, node]));
  const above = (name: string): readonly string[] =>
    shown.has(name) ? [name] : readsThrough(nodes.get(name)).flatMap(above);
  const reads: readonly (readonly [string, readonly string[]])[] = [
    ...dataflow.nodes.map((node) => [node.name, readsOf(node)] as const),
    ...dataflow.outputs.map(({ table, sql }) => {
      return [table, sql.reads.map((name) => windowOfLate(name, dataflow.nodes) ?? name)] as const;
    }),
  ];
  return reads
    .filter(([to]) => shown.has(to))
    .flatMap(([to, names]) => [...new Set(names.flatMap(above))].map((from) => ({ from, to })));
}

/** The window whose late rows a relation is. */
function windowOfLate(name: string, nodes: readonly DataflowNode[]): string | undefined {
  return nodes.find((node) => node.kind === 'window' && node.late?.name === name)?.name;
}

function readsThrough(node: DataflowNode | undefined): readonly string[] {
  return node === undefined ? [] : readsOf(node);
}
