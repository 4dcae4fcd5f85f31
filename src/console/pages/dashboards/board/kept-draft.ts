import type { DashboardBody } from '../../../../server/library/library-api.ts';

/** Changes of a dashboard, and the version that they were made to. */
export type KeptDraft = { readonly version: string; readonly body: DashboardBody };

/** What this browser kept of a dashboard's changes. */
export function keptDraft(path: string): KeptDraft | undefined {
  try {
    const text = localStorage.getItem(keyOf(path));
    const value = text === null ? undefined : (JSON.parse(text) as Partial<KeptDraft>);
    const isWhole = typeof value?.version === 'string' && Array.isArray(value.body?.panels);
    return isWhole ? (value as KeptDraft) : undefined;
  } catch {
    // A browser that refuses storage keeps no drafts: `keepDraft` says so when there is one.
    return undefined;
  }
}

/** Undefined forgets; false where the browser refuses to keep it. */
export function keepDraft(path: string, draft: KeptDraft | undefined): boolean {
  try {
    if (draft === undefined) localStorage.removeItem(keyOf(path));
    else localStorage.setItem(keyOf(path), JSON.stringify(draft));
    return true;
  } catch {
    return draft === undefined;
  }
}

/** Tells when another tab of this browser keeps or forgets changes of a dashboard. */
export function listenToDraft(path: string, onChange: () => void): () => void {
  const onStorage = ({ key }: StorageEvent): void => {
    if (key === keyOf(path) || key === null) onChange();
  };
  window.addEventListener('storage', onStorage);
  return () => window.removeEventListener('storage', onStorage);
}

function keyOf(path: string): string {
  return `helios.dashboard.${path}`;
}
