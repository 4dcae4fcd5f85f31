import { expect, test } from 'vitest';
import { nextStep } from './next-step.ts';
import { ownerTag, type Stack } from './stack.ts';

function stackIn(status: string, owner: string | undefined = 'shop'): Stack {
  const tags: Record<string, string> = owner === '' ? {} : { [ownerTag]: owner };
  const nothing = { outputs: {}, parameters: {}, reason: undefined };
  return { id: 'arn:stack/1', name: 'helios-shop', status, tags, ...nothing };
}

test.each([
  ['REVIEW_IN_PROGRESS', 'create'],
  ['CREATE_IN_PROGRESS', 'wait'],
  ['CREATE_FAILED', 'delete'],
  ['CREATE_COMPLETE', 'update'],
  ['ROLLBACK_IN_PROGRESS', 'wait'],
  ['ROLLBACK_FAILED', 'delete'],
  ['ROLLBACK_COMPLETE', 'delete'],
  ['DELETE_IN_PROGRESS', 'wait'],
  ['DELETE_FAILED', 'delete'],
  ['DELETE_COMPLETE', 'create'],
  ['UPDATE_IN_PROGRESS', 'wait'],
  ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'wait'],
  ['UPDATE_COMPLETE', 'update'],
  ['UPDATE_FAILED', 'update'],
  ['UPDATE_ROLLBACK_IN_PROGRESS', 'wait'],
  ['UPDATE_ROLLBACK_FAILED', 'continue-rollback'],
  ['UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', 'wait'],
  ['UPDATE_ROLLBACK_COMPLETE', 'update'],
  ['IMPORT_IN_PROGRESS', 'wait'],
  ['IMPORT_COMPLETE', 'update'],
  ['IMPORT_ROLLBACK_IN_PROGRESS', 'wait'],
  ['IMPORT_ROLLBACK_FAILED', 'refuse'],
  ['IMPORT_ROLLBACK_COMPLETE', 'update'],
  ['SOMETHING_NEW', 'refuse'],
])('a stack in %s: %s', (status, kind) => {
  expect(nextStep(stackIn(status), 'shop').kind).toBe(kind);
});

test('no stack is made', () => {
  expect(nextStep(undefined, 'shop')).toEqual({ kind: 'create' });
});

test.each([
  ['', 'was not made by Helios'],
  ['other', 'is of the Helios "other"'],
])('a stack of the tag %j is refused, whatever its state', (owner, words) => {
  for (const status of ['CREATE_COMPLETE', 'ROLLBACK_COMPLETE', 'UPDATE_IN_PROGRESS']) {
    const step = nextStep(stackIn(status, owner), 'shop');
    expect(step).toMatchObject({ kind: 'refuse', why: expect.stringContaining(words) as string });
  }
});
