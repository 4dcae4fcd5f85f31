import type { GraphEdge, GraphNode, Validation } from '../pipeline.ts';
import type { Plan } from './plan.ts';
import type { Planned } from './planner.ts';

/** A checked script as people see it: its graph and what its sinks will hold, or what is wrong. */
export function validationOf(planned: Planned): Validation {
  if (planned.kind === 'errors') return planned;
  const { plan } = planned;
  return {
    kind: 'ok',
    graph: { nodes: nodesOf(plan), edges: edgesOf(plan) },
    sinks: plan.outputs.map(({ table, schema }) => ({ name: table.name, schema })),
  };
}

function nodesOf(plan: Plan): readonly GraphNode[] {
  const { sources, views, memoryTables } = plan.script;
  return [
    ...sources.map(({ name }): GraphNode => ({ id: name, kind: 'source', label: name })),
    ...views.map(({ name }): GraphNode => ({ id: name, kind: 'view', label: name })),
    ...memoryTables.map(({ name }): GraphNode => ({ id: name, kind: 'table', label: name })),
    ...plan.outputs.map(({ table }): GraphNode => ({
      id: table.name,
      kind: 'sink',
      label: table.name,
    })),
  ];
}

function edgesOf(plan: Plan): readonly GraphEdge[] {
  return plan.edges.map(([from, to]) => ({ from, to }));
}
