import { isReference, mayHoldSecret } from '../where/secret-field.ts';
import { type Draft, emptyDraft } from './draft.ts';

const key = 'helios.connect';

/** The draft of before a reload of this tab. */
export function keptDraft(storage: Pick<Storage, 'getItem'>): Draft {
  try {
    const kept = JSON.parse(storage.getItem(key) ?? '{}') as Partial<Draft>;
    return { ...emptyDraft, ...kept };
  } catch {
    // Storage is refused, or holds what another version wrote: the draft begins anew.
    return emptyDraft;
  }
}

/** Keeps all but what may be a secret that was typed where a reference belongs. */
export function keepDraft(storage: Pick<Storage, 'setItem'>, draft: Draft): void {
  const fields = Object.fromEntries(
    Object.entries(draft.fields).map(([name, value]) => [name, withoutSecrets(name, value)]),
  );
  try {
    storage.setItem(key, JSON.stringify({ ...draft, fields }));
  } catch {
    // The browser refuses storage: the draft lives as long as the page.
  }
}

export function forgetDraft(storage: Pick<Storage, 'removeItem'>): void {
  storage.removeItem(key);
}

function withoutSecrets(name: string, value: string): string {
  if (!name.endsWith('.more')) return mayHoldSecret(name) && !isReference(value) ? '' : value;
  return value
    .split('\n')
    .filter((line) => {
      const [option = '', ...rest] = line.split('=');
      return !mayHoldSecret(option) || isReference(rest.join('='));
    })
    .join('\n');
}
