import type {
  DocumentMoveBody,
  SavedQueryAnswer,
  SavedQueryBody,
} from '../../server/library/library-api.ts';
import { request, send } from './request.ts';

/** The saved query at `path`; throws `ApiError`, as all of these do. */
export async function savedQuery(path: string, signal?: AbortSignal): Promise<SavedQueryAnswer> {
  return await request<SavedQueryAnswer>(savedQueryAddress(path), { signal });
}

/**
 * Saves what is new; with `version`, in place of what has that version. `already_exists` and
 * `conflict` have what is there in their details.
 */
export async function saveQuery(
  path: string,
  body: SavedQueryBody,
  version?: string,
): Promise<SavedQueryAnswer> {
  const options = { method: 'PUT', body, version } as const;
  return await request<SavedQueryAnswer>(savedQueryAddress(path), options);
}

export async function moveQuery(path: string, to: string): Promise<SavedQueryAnswer> {
  const body: DocumentMoveBody = { path: to };
  return await request<SavedQueryAnswer>(savedQueryAddress(path), { method: 'PATCH', body });
}

export async function deleteQuery(path: string, version: string): Promise<void> {
  await send(savedQueryAddress(path), { method: 'DELETE', version });
}

/** Where a saved query is in the API. */
export function savedQueryAddress(path: string): string {
  return `/api/v1/library/queries/${encodeURIComponent(path)}`;
}
