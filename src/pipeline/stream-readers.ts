import { position } from '../event/record.ts';
import type { ManagedPipeline } from './managed-pipeline.ts';

/** One that is still opening may read anything. */
export function reads(managed: ManagedPipeline, stream: string): boolean {
  if (managed.state !== 'running') return false;
  if (managed.isOpening) return true;
  const sources = managed.open?.plan.script.sources ?? [];
  return sources.some(({ connector }) => connector.kind === 'http' && connector.stream === stream);
}

export function hasPassed(
  managed: ManagedPipeline,
  stream: string,
  positions: ReadonlyMap<string, string>,
): boolean {
  const open = managed.open;
  if (open === undefined || managed.isOpening) return false;
  return open.plan.script.sources.every(({ connector, name }) => {
    if (connector.kind !== 'http' || connector.stream !== stream) return true;
    const reached = open.runner.positions.get(name);
    const source = open.sources.get(name);
    return [...positions].every(
      ([partition, at]) =>
        source !== undefined && source.compare(reached?.get(partition), position(at)) >= 0,
    );
  });
}
