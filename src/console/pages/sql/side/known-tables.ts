import { useEffect, useState } from 'react';
import type { ErrorBody, TableAnswer, TableListAnswer } from '../../../../server/api.ts';
import { usePolled } from '../../../api/polled.ts';

const everyMs = 10_000;

/** The tables that can be asked, the person's own first; undefined until they are known. */
export function useKnownTables(): {
  readonly tables: readonly TableAnswer[] | undefined;
  readonly error: ErrorBody | undefined;
} {
  const { value, error } = usePolled<TableListAnswer>('/api/v1/tables', everyMs);
  const [tables, setTables] = useState<readonly TableAnswer[]>();
  useEffect(() => {
    if (value !== undefined) setTables(value.tables.toSorted(byOwnership));
  }, [value]);
  return { tables, error };
}

function byOwnership(one: TableAnswer, other: TableAnswer): number {
  const rank = ({ kind }: TableAnswer): number => Number(kind === 'system');
  return rank(one) - rank(other) || one.name.localeCompare(other.name);
}
