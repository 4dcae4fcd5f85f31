import type { PinnedView, ViewFile } from '../catalog/view.ts';
import type { PrunedView } from './pruned-view.ts';

/**
 * The views with all their files on this machine, of which no more need be there than the columns
 * that `isUsed`. Gives up with the signal's reason when it aborts; what is being fetched then comes
 * into the cache for the next query.
 */
export async function fetchFiles(
  views: readonly PrunedView[],
  isUsed: (column: string) => boolean,
  signal: AbortSignal,
): Promise<readonly PinnedView[]> {
  const fetching = Promise.all(views.map(async ({ view }) => await withLocalFiles(view, isUsed)));
  if (views.every(({ view }) => view.files.every(isLocal))) return await fetching;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    signal.throwIfAborted();
    return await Promise.race([fetching, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function withLocalFiles(
  view: PinnedView,
  isAsked: (column: string) => boolean,
): Promise<PinnedView> {
  if (view.files.every(isLocal)) return view;
  const names = view.schema.map(({ name }) => name);
  const keys = new Set(view.keys?.map((key) => key.toLowerCase()));
  const isUsed = (name: string): boolean => isAsked(name) || keys.has(name.toLowerCase());
  // Lines have all columns in each of them.
  const unused = names.filter((name) => view.linesSql === undefined && !isUsed(name));
  const used = unused.length === 0 ? undefined : names.filter(isUsed);
  const files = await Promise.all(
    view.files.map(async (file) => (isLocal(file) ? file : await localFile(file, used))),
  );
  return { ...view, files, unfetched: new Set(unused) };
}

async function localFile(
  file: ViewFile,
  columns: readonly string[] | undefined,
): Promise<ViewFile> {
  if (file.kind === 'attached') {
    const { path: url, fetch } = file;
    if (fetch === undefined) return file;
    return { ...file, path: await fetch(), fetch: undefined, url };
  }
  if (file.kind !== 'cold') return file;
  const { fetch, fetchDeleted, path, deletedPath } = file;
  const [local = path, deleted = deletedPath] = await Promise.all([
    fetch?.(columns),
    fetchDeleted?.(),
  ]);
  return { ...file, path: local, fetch: undefined, deletedPath: deleted, fetchDeleted: undefined };
}

function isLocal(file: ViewFile): boolean {
  if (file.kind === 'cold') return file.fetch === undefined && file.fetchDeleted === undefined;
  return file.kind !== 'attached' || file.fetch === undefined;
}
