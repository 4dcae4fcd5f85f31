import { parseScript } from '../sql/parse-script.ts';
import type { ConnectionOptions, Script } from '../sql/script.ts';
import type { PipelineDefinition } from './catalog.ts';

/** The pipelines whose script names the connection `name`, in words: `the pipeline clicks`. */
export function connectionUsers(
  pipelines: readonly Pick<PipelineDefinition, 'name' | 'sql'>[],
  name: string,
): readonly string[] {
  const wanted = name.toLowerCase();
  return pipelines
    .filter(({ sql }) => profilesIn(sql).includes(wanted))
    .map((pipeline) => `the pipeline ${pipeline.name}`);
}

/** In lower case. A script that doesn't parse any more runs nowhere, and uses nothing. */
function profilesIn(sql: string): readonly string[] {
  const parsed = parseScript(sql);
  if (parsed.kind === 'errors') return [];
  return connectionsIn(parsed.script).flatMap(({ profile }) =>
    profile === undefined ? [] : [profile.toLowerCase()],
  );
}

function connectionsIn({ sources, sinks }: Script): readonly ConnectionOptions[] {
  const connectors = [...sources, ...sinks].map(({ connector }) => connector);
  return connectors.flatMap((connector) =>
    connector.kind === 'kafka' || connector.kind === 'kinesis' ? [connector.connection] : [],
  );
}
