import {
  checkedPlan,
  checkedScript,
  type CheckEnvironment,
  checkPlaces,
} from '../check-definition.ts';
import type { ManagedPipeline } from '../managed-pipeline.ts';
import { newestManifest, type PipelineEnvironment } from '../open-pipeline.ts';
import { consequencesOf, type EditConsequences } from './consequences.ts';
import { keptFacts } from './kept-facts.ts';

/** A pipeline that runs lets parts go: then a newer manifest is looked at, so often. */
const attemptsMax = 5;

/**
 * What editing a pipeline's SQL to this would do, found out without doing it. Fails as the edit
 * would where that can't be made at all.
 */
export async function editConsequences(
  environment: CheckEnvironment & PipelineEnvironment,
  { definition, parts }: Pick<ManagedPipeline, 'definition' | 'parts'>,
  sql: string,
): Promise<EditConsequences> {
  const after = await checkedPlan(environment, sql);
  checkPlaces(environment, after, definition);
  const planned = await checkedScript(environment, definition.sql);
  const before = planned.kind === 'ok' ? planned.plan : undefined;
  await using connection = await environment.engine.connect();
  for (let attempt = 1; ; attempt++) {
    const { stream } = (await newestManifest(environment, definition)) ?? {};
    const facts = await keptFacts(stream?.nodes ?? [], before?.dataflow, { connection, parts });
    if (facts === undefined && attempt < attemptsMax) continue;
    return consequencesOf({ before, stream, after, facts: facts ?? new Map() });
  }
}
