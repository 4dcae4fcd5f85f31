import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HeliosError } from '../../base/errors.ts';
import type { Catalog, PipelineDefinition } from '../../catalog/catalog.ts';
import { parseScript } from '../../sql/parse-script.ts';
import type { SinkTable } from '../../sql/script.ts';
import type { Plan } from '../plan/plan.ts';
import { viewLocation, type ViewPlaces } from './view-places.ts';

export type ViewCheck = {
  readonly catalog: Catalog;
  readonly places: ViewPlaces;
  /** Of the pipeline that is edited. */
  readonly pipelineId: string | undefined;
};

/**
 * Refuses a materialized view whose name a table has, or another pipeline's view, or under whose
 * name there are rows already: `conflict`, with its place in the script.
 */
export function checkViews(plan: Plan, check: ViewCheck): void {
  for (const { table } of plan.outputs) {
    if (table.isView === true) checkView(table, check);
  }
}

function checkView(view: SinkTable, { catalog, places, pipelineId }: ViewCheck): void {
  let isOwn = false;
  for (const pipeline of catalog.pipelines()) {
    const written = writtenBy(pipeline, view.name);
    if (written === undefined) continue;
    if (pipeline.id !== pipelineId) {
      throw taken(view, `The pipeline ${pipeline.name} writes ${view.name} already.`, {
        hint: `A view is one pipeline's: give this one another name, or query ${view.name}.`,
      });
    }
    isOwn = written.isView === true;
  }
  const known = catalog.table(view.name);
  const place = viewLocation(places, view.name);
  if (known !== undefined && known.path !== place) {
    throw taken(view, `A table named ${known.name} exists at ${known.path}.`, {
      hint: `Give the view another name, or detach that one: helios table detach ${known.name}.`,
    });
  }
  if (isOwn || (known === undefined && !existsSync(join(place, '_delta_log')))) return;
  const detach = known === undefined ? '' : `helios table detach ${known.name}, then `;
  throw taken(view, `The rows of an earlier ${view.name} are at ${place}.`, {
    hint: `Give the view another name, or do without these rows: ${detach}delete that folder.`,
  });
}

/** The sink of a pipeline that has this name. */
function writtenBy(pipeline: PipelineDefinition, name: string): SinkTable | undefined {
  const parsed = parseScript(pipeline.sql);
  if (parsed.kind !== 'ok') return undefined;
  return parsed.script.sinks.find((sink) => sink.name.toLowerCase() === name.toLowerCase());
}

function taken({ position }: SinkTable, message: string, { hint }: { hint: string }): HeliosError {
  return new HeliosError('conflict', message, { hint, position });
}
