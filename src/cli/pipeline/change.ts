import type { PipelineAnswer } from '../../server/api.ts';
import { pathPart } from '../client/client.ts';
import { groupDigits } from '../render/numbers.ts';
import type { Scope } from '../scope.ts';

export type LossOptions = { readonly discard?: boolean; readonly yes?: boolean };
export const discard: readonly [string, string] = [
  '--discard',
  'lose the rows that are not in files yet, instead of rolling them',
];
export const yes: readonly [string, string] = ['-y, --yes', 'do not ask'];

export function pipelinePath(name: string, options: LossOptions): string {
  return `/api/v1/pipelines/${pathPart(name)}${options.discard === true ? '?discard=true' : ''}`;
}

export async function getPipeline(scope: Scope, name: string): Promise<PipelineAnswer> {
  return scope.client.json({ method: 'GET', path: pipelinePath(name, {}), signal: scope.signal });
}

/** Says what happens to rows that are not in files yet; asks where something is lost or deleted. */
export async function weighLoss(
  scope: Scope,
  name: string,
  verb: 'Stop' | 'Edit' | 'Delete',
  options: LossOptions,
): Promise<void> {
  const rows = hotRows(await getPipeline(scope, name));
  const isLosing = options.discard === true;
  const rowText = `${groupDigits(rows)} hot rows`;
  if (isLosing || verb === 'Delete') {
    const loss = isLosing ? `${rowText} will be lost.` : `${rowText} are rolled into files first.`;
    await scope.confirm(`${verb} pipeline ${name}? ${loss}`, options.yes === true);
    return;
  }
  if (rows > 0)
    scope.output.talk(`Rolling ${rowText} into files first (--discard would lose them).`);
}

/** Makes a change with progress, and says what became of the pipeline. */
export async function changed(
  scope: Scope,
  what: string,
  action: () => Promise<PipelineAnswer>,
): Promise<void> {
  const pipeline = await scope.withProgress(action);
  if (scope.output.isJson) return scope.output.json(pipeline);
  scope.output.talk(`${what} pipeline ${pipeline.name}: ${pipeline.state}.`);
  const { error } = pipeline;
  if (error === undefined) return;
  const isWaiting = pipeline.state === 'retrying';
  scope.output.alarm(`${isWaiting ? 'warning' : 'error'}: ${error.message}`);
  if (error.hint !== undefined) scope.output.alarm(`hint: ${error.hint}`);
  if (isWaiting) scope.output.talk('It waits for that, and tries again by itself.');
}

export function hotRows(pipeline: PipelineAnswer): number {
  return pipeline.sinks.reduce((sum, sink) => sum + sink.hot_rows, 0);
}
