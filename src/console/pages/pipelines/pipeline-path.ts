/** Where a pipeline's page is; `new` is the page that makes one, and may be a name, too. */
export function pipelinePath(name: string): string {
  return `/pipelines/${encodeURIComponent(name)}${name === newWord ? '/one' : ''}`;
}

export function editPath(name: string): string {
  return `/pipelines/${encodeURIComponent(name)}/edit`;
}

export const newPath: string = '/pipelines/new';

/** What the parts of a path behind `/pipelines` ask for. */
export function viewOf(
  rest: readonly string[],
): { readonly kind: 'list' | 'new' } | { readonly kind: 'one' | 'edit'; readonly name: string } {
  const [name, what] = rest;
  if (name === undefined) return { kind: 'list' };
  if (name === newWord && what === undefined) return { kind: 'new' };
  return { kind: what === 'edit' ? 'edit' : 'one', name };
}

const newWord = 'new';
