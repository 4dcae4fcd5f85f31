import { expect, test } from 'vitest';
import type {
  QuarantineTrialAnswer,
  ReplayAnswer,
} from '../../../../server/quarantine/quarantine-api.ts';
import { replayText, trialText } from './replay-text.ts';

const trial: QuarantineTrialAnswer = {
  ...{ pipeline: 'p', selected: 12, tried: 12, passing: 9, failing: 3 },
  ...{ reasons: [], refused: [], replayed: 0 },
};

test.each([
  [{}, '9 of 12 records would pass now.'],
  [{ passing: 12 }, 'All 12 records would pass now.'],
  [{ passing: 0 }, 'None of the 12 records would pass now.'],
  [{ selected: 1, tried: 1, passing: 1 }, 'It would pass now.'],
  [{ selected: 1, tried: 1, passing: 0 }, 'It would still be rejected.'],
  [{ selected: 5000, tried: 1000 }, '9 of the oldest 1,000 of 5,000 records would pass now.'],
  [{ selected: 0, tried: 0, passing: 0 }, 'No record is left that could be replayed.'],
])('a trial with %o says "%s"', (changes, words) => {
  expect(trialText({ ...trial, ...changes })).toBe(words);
});

const replay: ReplayAnswer = {
  ...{ id: 'r', pipeline: 'p', state: 'running', requested_at: '', filter: { pipeline: 'p' } },
  ...{ selected: 312, replayed: 100, failed: 1, refused: [] },
};

test.each([
  [{}, 'Replaying: 101 of 312 are done.'],
  [{ state: 'waiting' as const }, expect.stringContaining('Waiting for the pipeline')],
  [{ state: 'done' as const }, '100 records were replayed; 1 failed again, and stays here.'],
  [{ state: 'done' as const, replayed: 1, failed: 0 }, '1 record was replayed; none failed again.'],
])('a replay with %o says so', (changes, words) => {
  expect(replayText({ ...replay, ...changes })).toEqual(words);
});
