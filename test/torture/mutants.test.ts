import { expect, test } from 'vitest';
import { mutants } from './mutants.ts';
import { mutated } from './mutate.ts';
import { streamMutants } from './streams/mutants.ts';

const all = [...mutants, ...streamMutants];

test.each(all.map((mutant) => [mutant.name, mutant] as const))(
  'the code still has what is broken by: %s',
  (_name, mutant) => {
    for (const change of mutant.changes) {
      expect(mutated(change)).toContain(change.replace);
    }
  },
);

test('there are enough ways to break it', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(10);
  expect(streamMutants.length).toBeGreaterThanOrEqual(9);
});
