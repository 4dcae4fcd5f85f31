import { didYouMeanHint } from '../base/did-you-mean.ts';
import { HeliosError } from '../base/errors.ts';

/** A route as it was declared: `/api/v1/tables/:name`. */
export type KnownRoute = { readonly method: string; readonly path: string };

/** Methods that the path of `url` takes; none where there is no such path. */
export function methodsOf(routes: readonly KnownRoute[], url: string): readonly string[] {
  const path = pathOf(url);
  const methods = routes.filter((route) => matches(route.path, path)).map(({ method }) => method);
  return [...new Set(methods)].toSorted();
}

/** Why no route takes the request: `method_not_allowed`, or `not_found` with did-you-mean. */
export function noRoute(routes: readonly KnownRoute[], method: string, url: string): HeliosError {
  const methods = methodsOf(routes, url);
  const path = pathOf(url);
  const shown = path.length > 100 ? `${path.slice(0, 100)}…` : path;
  if (methods.length > 0) {
    return new HeliosError('method_not_allowed', `${shown} does not take ${method}.`, {
      hint: `Use ${methods.join(' or ')}.`,
    });
  }
  const paths = new Set(routes.map((route) => route.path));
  return new HeliosError('not_found', `There is no ${shown} here.`, {
    hint: didYouMeanHint(path, paths) ?? 'GET /api/v1/openapi.json lists all addresses.',
  });
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}

function matches(template: string, path: string): boolean {
  const wanted = template.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith(':') || part === given[index])
  );
}
