import type { ErrorBody, ScriptErrorAnswer } from '../../../../server/api.ts';
import type { ImportConflict } from '../../../../server/library/library-api.ts';

/** What an import was refused for: documents that are there, and say something else. */
export function conflictsOf({ code, details }: ErrorBody): readonly ImportConflict[] {
  return code === 'conflict' ? (listOf(details, 'conflicts') as readonly ImportConflict[]) : [];
}

/** Places of a file where something is wrong. */
export function errorsOf({
  details,
}: ErrorBody): readonly Pick<ScriptErrorAnswer, 'message' | 'position'>[] {
  return listOf(details, 'errors') as readonly ScriptErrorAnswer[];
}

function listOf(details: ErrorBody['details'], name: string): readonly unknown[] {
  const list = details?.[name];
  return Array.isArray(list) ? list : [];
}
