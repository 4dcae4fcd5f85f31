import type { Change } from './change-set.ts';
import { kindInWords } from './resource-words.ts';

const headings: readonly (readonly [Change['action'], string])[] = [
  ['add', 'Added'],
  ['change', 'Changed'],
  ['replace', 'Replaced (made anew, the old one deleted)'],
  ['maybe-replace', 'Changed, perhaps by being made anew'],
  ['delete', 'Deleted'],
];

/** A plan as lines: what is added, changed, replaced and deleted. */
export function planInWords(changes: readonly Change[]): readonly string[] {
  return headings.flatMap(([action, heading]) => {
    const some = changes.filter((change) => change.action === action);
    if (some.length === 0) return [];
    return [`${heading}:`, ...some.map((change) => `  ${markOf(action)} ${lineOf(change)}`)];
  });
}

/** `4 added, 1 changed`. */
export function planCounts(changes: readonly Change[]): string {
  const words = { add: 'added', change: 'changed', replace: 'replaced', delete: 'deleted' };
  const counts = Object.entries(words).map(([action, word]) => {
    const isSame = (it: Change) => it.action.replace('maybe-', '') === action;
    return [changes.filter((it) => isSame(it)).length, word] as const;
  });
  const some = counts.filter(([count]) => count > 0);
  return some.length === 0 ? 'nothing' : some.map(([n, word]) => `${n} ${word}`).join(', ');
}

function lineOf({ logicalId, type, properties, action }: Change): string {
  const isChange = action !== 'add' && action !== 'delete' && properties.length > 0;
  const what = isChange ? `: ${properties.join(', ')}` : '';
  return `${logicalId}, ${kindInWords(type)}${what}`;
}

function markOf(action: Change['action']): string {
  return action === 'add' ? '+' : action === 'delete' ? '-' : '~';
}
