import { type Tree, treesOf } from '../../../sql/tree/tree.ts';
import { refuse } from '../refusal.ts';
import { type Relation, tellsWindow, type WindowPart } from '../relation.ts';

type Distinct = Pick<Relation, 'windowParts' | 'shape'> & {
  /** Whose DISTINCT it is. */
  readonly select: Tree;
  /** The part of the window that a target of DISTINCT ON is. */
  readonly partOf: (target: Tree) => WindowPart | undefined;
};

/**
 * Rows that are alike have to be of one window: those of others come in other epochs, and doubles
 * of them would stay.
 */
export function checkDistinct(modifiers: readonly Tree[], distinct: Distinct): void {
  const { select, shape, partOf } = distinct;
  for (const modifier of modifiers) {
    if (modifier['type'] !== 'DISTINCT_MODIFIER') continue;
    const targets = treesOf(modifier['distinct_on_targets']);
    if (targets.length === 0 && !hasWindow(distinct)) {
      const hint = 'Select it too: SELECT DISTINCT window, …. Doubles of other windows stay.';
      const message = 'DISTINCT over windows needs the window among what it selects.';
      refuse(message, hint, select['select_list']);
    }
    if (targets.length > 0 && !targets.some((one) => tellsWindow(partOf(one), shape))) {
      const hint = 'Write DISTINCT ON (window, …): it takes the first row of each window.';
      refuse('DISTINCT ON over windows needs the window.', hint, targets);
    }
  }
}

/** Do its columns tell which window a row is of? */
export function hasWindow({
  windowParts,
  shape,
}: Pick<Relation, 'windowParts' | 'shape'>): boolean {
  return [...windowParts.values()].some((part) => tellsWindow(part, shape));
}
