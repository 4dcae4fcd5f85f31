import type { PlanAnswer } from '../../server/answer/plan-answer.ts';
import type { Scope } from '../scope.ts';
import { pipelinePath } from './change.ts';

/** The operators of one pipeline. */
export async function showPlan(scope: Scope, name: string): Promise<void> {
  const path = `${pipelinePath(name, {})}/plan`;
  const answer = await scope.client.json<PlanAnswer>({ method: 'GET', path, signal: scope.signal });
  await printPlan(scope, answer);
}

/** As text, or as the graph where JSON is asked for. */
export async function printPlan({ output }: Scope, { graph, plan }: PlanAnswer): Promise<void> {
  if (output.isJson) await output.json({ graph, plan });
  else await output.data(plan);
}
