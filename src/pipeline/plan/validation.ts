import type { PipelinePlan, Validation } from '../pipeline.ts';
import { planGraph } from '../graph/plan-graph.ts';
import { planText } from '../graph/plan-text.ts';
import type { Plan } from './plan.ts';
import type { Planned } from './planner.ts';

/** A checked script as people see it: its plan and what its sinks will hold, or what is wrong. */
export function validationOf(planned: Planned): Validation {
  if (planned.kind === 'errors') return planned;
  const { plan } = planned;
  const sinks = plan.outputs.map(({ table, schema }) => ({ name: table.name, schema }));
  return { kind: 'ok', ...shownPlan(plan), sinks };
}

export function shownPlan(plan: Plan): PipelinePlan {
  const graph = planGraph(plan);
  return { graph, plan: planText(graph) };
}
