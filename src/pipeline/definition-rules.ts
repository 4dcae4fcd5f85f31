import { HeliosError } from '../base/errors.ts';
import type { TableEntry } from '../catalog/catalog.ts';
import type { ManagedPipeline } from './managed-pipeline.ts';
import type { Output, Plan } from './plan/plan.ts';
import { resolvePath } from './sinks/resolve-path.ts';

/** Longest name of a pipeline, in characters. */
const nameLengthMax = 128;

/** What a pipeline can be named: `invalid_name`. */
export function checkName(name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) && name.length <= nameLengthMax) return;
  throw new HeliosError(
    'invalid_name',
    `${JSON.stringify(name.slice(0, 200))} can't be a pipeline's name.`,
    {
      hint:
        'Use letters, digits, _ and -, beginning with a letter or _, ' +
        `at most ${nameLengthMax} characters.`,
    },
  );
}

/** The tables that a plan writes to. */
export function tablesOf(plan: Plan, baseDirectory: string): readonly TableEntry[] {
  return plan.outputs.flatMap(({ table }): readonly TableEntry[] => {
    const { connector } = table;
    if (connector.kind !== 'delta' && connector.kind !== 'filesystem') return [];
    const path = resolvePath(connector.path, baseDirectory);
    return [{ name: table.name, path, storageOptions: connector.storage, kind: 'delta' }];
  });
}

/** A bare SELECT in a pipeline. */
export function nowhereToPrint({ table }: Output): HeliosError {
  return new HeliosError('invalid_sql', 'A bare SELECT has no table to write to in a pipeline.', {
    hint: 'Write INSERT INTO … SELECT …, or look at its rows with a preview.',
    position: table.position,
  });
}

/** There is nothing to pause. */
export function notRunning({ definition: { name }, state }: ManagedPipeline): HeliosError {
  return new HeliosError('conflict', `${name} is ${state}: it reads nothing.`, {
    hint: `Only what runs can be paused. Start it with: helios pipeline start ${name}`,
  });
}
