import { HeliosError } from '../../base/errors.ts';
import type { Problem } from '../framework.ts';
import type { DashboardBody } from './library-api.ts';
import { columnCount } from './library-schemas.ts';

/** What no schema can say of a dashboard: names that are there twice, panels beyond the grid. */
export function dashboardProblems({
  panels,
  variables = [],
  queries = [],
}: Pick<DashboardBody, 'panels' | 'variables'> & {
  readonly queries?: readonly { readonly path: string }[] | undefined;
}): readonly Problem[] {
  const wide = panels.flatMap(({ x, width }, at) =>
    x + width <= columnCount
      ? []
      : problem(['panels', at, 'width'], `is ${width}: column ${x} has ${columnCount - x} left`),
  );
  return [
    ...twice(
      'panels',
      'id',
      panels.map(({ id }) => id),
    ),
    ...twice(
      'variables',
      'name',
      variables.map(({ name }) => name),
    ),
    ...twice(
      'queries',
      'path',
      queries.map(({ path }) => path),
    ),
    ...wide,
  ];
}

/** Throws `invalid_request` with the first problem of a body. */
export function checkDashboard(body: DashboardBody): void {
  const [first] = dashboardProblems(body);
  if (first === undefined) return;
  const field = first.path.join('.');
  throw new HeliosError('invalid_request', `"${field}" in the body ${first.text}.`, {
    details: { field },
  });
}

function twice(list: string, key: string, names: readonly string[]): readonly Problem[] {
  return names.flatMap((name, at) =>
    names.indexOf(name) === at
      ? []
      : problem([list, at, key], `is ${JSON.stringify(name)}, as another one's before it`),
  );
}

function problem(path: readonly (string | number)[], text: string): readonly Problem[] {
  return [{ path: path.map(String), text, kind: 'value' }];
}
