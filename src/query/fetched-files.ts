import type { PinnedView, ViewFile } from '../catalog/view.ts';
import type { PrunedView } from './pruned-view.ts';

/**
 * The views with all their files on this machine. Gives up with the signal's reason when it aborts;
 * what is being fetched then comes into the cache for the next query.
 */
export async function fetchFiles(
  views: readonly PrunedView[],
  signal: AbortSignal,
): Promise<readonly PinnedView[]> {
  const fetching = Promise.all(views.map(async ({ view }) => await withLocalFiles(view)));
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

async function withLocalFiles(view: PinnedView): Promise<PinnedView> {
  if (view.files.every(isLocal)) return view;
  const files = await Promise.all(
    view.files.map(async (file) => (isLocal(file) ? file : await localFile(file))),
  );
  return { ...view, files };
}

async function localFile(file: ViewFile): Promise<ViewFile> {
  if (file.kind === 'attached') {
    const { path: url, fetch } = file;
    if (fetch === undefined) return file;
    return { ...file, path: await fetch(), fetch: undefined, url };
  }
  if (file.kind !== 'cold') return file;
  const { fetch, fetchDeleted, path, deletedPath } = file;
  const [local = path, deleted = deletedPath] = await Promise.all([fetch?.(), fetchDeleted?.()]);
  return { ...file, path: local, fetch: undefined, deletedPath: deleted, fetchDeleted: undefined };
}

function isLocal(file: ViewFile): boolean {
  if (file.kind === 'cold') return file.fetch === undefined && file.fetchDeleted === undefined;
  return file.kind !== 'attached' || file.fetch === undefined;
}
