import { basename, dirname, join } from 'node:path';
import type { TableEntry } from '../../catalog/catalog.ts';
import type { KeptState } from '../state/state-gate.ts';
import type { Plan } from '../plan/plan.ts';

/** The folder of materialized views in a data directory. */
export const viewsFolder = 'views';

export type ViewPlaces = {
  readonly dataDirectory: string;
  readonly state?: Pick<KeptState, 'viewLocation'> | undefined;
};

/** Where a materialized view's table is: an absolute path, or a URL beside the kept state. */
export function viewLocation({ dataDirectory, state }: ViewPlaces, name: string): string {
  return state?.viewLocation(name) ?? join(dataDirectory, viewsFolder, name);
}

/** The plan with the places of the materialized views that it writes. */
export function placeViews(plan: Plan, places: ViewPlaces): Plan {
  const outputs = plan.outputs.map((output) => {
    const { table } = output;
    if (table.isView !== true || table.connector.kind !== 'delta') return output;
    const connector = { ...table.connector, path: viewLocation(places, table.name) };
    return { ...output, table: { ...table, connector } };
  });
  return { ...plan, outputs };
}

/** Whether a table of the catalog is a materialized view: nothing else lies where they do. */
export function isView({ name, path, kind }: TableEntry, places: ViewPlaces): boolean {
  return kind === 'delta' && path === viewLocation(places, name);
}

/** Whether a path is that of a materialized view of a data directory. */
export function isInViews(path: string, dataDirectory: string): boolean {
  return dirname(path) === join(dataDirectory, viewsFolder) && basename(path) !== '';
}
