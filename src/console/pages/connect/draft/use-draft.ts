import { useEffect, useState } from 'react';
import type { Draft } from './draft.ts';
import { keepDraft, keptDraft } from './keep-draft.ts';

/** The draft of this tab, which survives a reload; `kind` is chosen at the beginning. */
export function useDraft(
  kind: Draft['kind'] | undefined,
): readonly [Draft, (next: (before: Draft) => Draft) => void] {
  const [draft, setDraft] = useState(() => {
    const kept = keptDraft(sessionStorage);
    return kind === undefined ? kept : { ...kept, kind };
  });
  useEffect(() => keepDraft(sessionStorage, draft), [draft]);
  return [draft, setDraft];
}
