import { parseScript } from '../sql/parse-script.ts';
import type { PipelineDefinition } from './catalog.ts';

/** The pipelines whose script reads what is sent to the stream `name`: `the pipeline clicks`. */
export function streamReaders(
  pipelines: readonly Pick<PipelineDefinition, 'name' | 'sql'>[],
  name: string,
): readonly string[] {
  return pipelines
    .filter(({ sql }) => streamsIn(sql).includes(name))
    .map((pipeline) => `the pipeline ${pipeline.name}`);
}

/** A script that doesn't parse any more runs nowhere, and reads nothing. */
function streamsIn(sql: string): readonly string[] {
  const parsed = parseScript(sql);
  if (parsed.kind === 'errors') return [];
  return parsed.script.sources.flatMap(({ connector }) =>
    connector.kind === 'http' ? [connector.stream] : [],
  );
}
