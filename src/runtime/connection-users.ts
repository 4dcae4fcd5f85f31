import type { PipelineDefinition } from '../catalog/catalog.ts';
import { draftScript } from '../sql/parse-script.ts';

/** Which pipelines name a connection in their SQL, in words. */
export function pipelinesUsing(
  connection: string,
  pipelines: readonly Pick<PipelineDefinition, 'name' | 'sql'>[],
): readonly string[] {
  const lower = connection.toLowerCase();
  return pipelines
    .filter(({ sql }) => profilesIn(sql).some((profile) => profile.toLowerCase() === lower))
    .map(({ name }) => `the pipeline ${name}`);
}

function profilesIn(sql: string): readonly string[] {
  const { sources, sinks } = draftScript(sql).script;
  return [...sources, ...sinks].flatMap(({ connector }) => {
    const profile = 'connection' in connector ? connector.connection.profile : undefined;
    return profile === undefined ? [] : [profile];
  });
}
