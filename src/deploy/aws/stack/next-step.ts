import { ownerTag, type Stack } from './stack.ts';

/** What has to be done with a stack before it can have what the settings say. */
export type NextStep =
  /** There is none, or only the shell of a change set that was never executed. */
  | { readonly kind: 'create' }
  | { readonly kind: 'update' }
  /** AWS is at work on it. */
  | { readonly kind: 'wait' }
  /** It was never whole, and can only be deleted. */
  | { readonly kind: 'delete'; readonly why: string }
  /** An update failed, and so did its undoing. */
  | { readonly kind: 'continue-rollback' }
  | { readonly kind: 'refuse'; readonly why: string };

/**
 * From each state that CloudFormation's documentation names to the way on. `owner` is the name in
 * the settings. Pure.
 */
export function nextStep(stack: Stack | undefined, owner: string): NextStep {
  if (stack === undefined || stack.status === 'DELETE_COMPLETE') return { kind: 'create' };
  const { status } = stack;
  // The tags of a stack come with its first change set; before that it is empty, whoever made it.
  if (status === 'REVIEW_IN_PROGRESS') return { kind: 'create' };
  const found = stack.tags[ownerTag];
  if (found !== owner) {
    const whose = found === undefined ? 'was not made by Helios' : `is of the Helios "${found}"`;
    return { kind: 'refuse', why: `A stack named ${stack.name} is there, and ${whose}.` };
  }
  if (status.endsWith('_IN_PROGRESS')) return { kind: 'wait' };
  return steps[status] ?? { kind: 'refuse', why: `The stack is ${status}, which is not known.` };
}

const update = { kind: 'update' } as const;

const steps: Readonly<Record<string, NextStep>> = {
  CREATE_COMPLETE: update,
  UPDATE_COMPLETE: update,
  UPDATE_ROLLBACK_COMPLETE: update,
  IMPORT_COMPLETE: update,
  IMPORT_ROLLBACK_COMPLETE: update,
  // Left by an update that was told not to roll back: another update goes on from there.
  UPDATE_FAILED: update,
  CREATE_FAILED: { kind: 'delete', why: 'An earlier creation failed.' },
  ROLLBACK_COMPLETE: { kind: 'delete', why: 'An earlier creation failed and was rolled back.' },
  ROLLBACK_FAILED: {
    kind: 'delete',
    why: 'An earlier creation failed, and could not be rolled back whole.',
  },
  DELETE_FAILED: { kind: 'delete', why: 'An earlier deletion failed.' },
  UPDATE_ROLLBACK_FAILED: { kind: 'continue-rollback' },
  IMPORT_ROLLBACK_FAILED: {
    kind: 'refuse',
    why: 'An import of resources by hand failed: finish it in the AWS console.',
  },
};
