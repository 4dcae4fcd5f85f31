import { expect, test } from 'vitest';
import { RecentAnswers } from './recent-answers.ts';

const answer = { answer: undefined, error: undefined, ageMs: 300 };

test('an answer is there again for a moment, and its age goes on', () => {
  const answers = new RecentAnswers();
  answers.keep('q', answer, 1000);
  expect(answers.of('q', 1500)).toEqual({ ...answer, ageMs: 800 });
  expect(answers.of('q', 7000)).toBeUndefined();
  expect(answers.of('other', 1500)).toBeUndefined();
  expect(answers.of(undefined, 1500)).toBeUndefined();
});

test('the oldest answers make room', () => {
  const answers = new RecentAnswers();
  for (let index = 0; index <= 100; index++) answers.keep(String(index), answer, 1000);
  expect(answers.of('0', 1000)).toBeUndefined();
  expect(answers.of('1', 1000)).toEqual(answer);
});
