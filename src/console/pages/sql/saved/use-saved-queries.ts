import { useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import type { SavedQueryListAnswer } from '../../../../server/library/library-api.ts';
import { usePolled } from '../../../api/polled.ts';
import type { SavedEntry } from './saved-query.ts';

export type SavedQueries = {
  /** Undefined until they are known. */
  readonly entries: readonly SavedEntry[] | undefined;
  readonly error: ErrorBody | undefined;
  /** Asks at once: something was changed, or may have been. */
  readonly again: () => void;
  /** What was changed here is seen before the server tells of it again. */
  readonly changed: (path: string, entry: SavedEntry | undefined) => void;
};

const everyMs = 10_000;

/** All saved queries, whoever saved them. */
export function useSavedQueries(): SavedQueries {
  const { value, error, again } = usePolled<SavedQueryListAnswer>(
    '/api/v1/library/queries',
    everyMs,
  );
  const [own, setOwn] = useState<{ over: unknown; entries: readonly SavedEntry[] }>();
  const entries = own !== undefined && own.over === value ? own.entries : value?.queries;
  return {
    entries,
    error,
    again,
    changed: (path, entry) => {
      const others = (entries ?? []).filter((one) => one.path !== path);
      setOwn({ over: value, entries: entry === undefined ? others : [...others, entry] });
      again();
    },
  };
}
