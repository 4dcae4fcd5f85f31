import { expect, test } from 'vitest';
import { refusalOf, restartBody, type RestartChoice } from './restart.ts';

const place = { kind: 'position', source: 'events', partition: '0', position: ' 12 ' } as const;

test.each<[RestartChoice, unknown]>([
  [{ kind: 'earliest' }, 'earliest'],
  [{ kind: 'time', text: '2026-01-31T08:00' }, '2026-01-31T07:00:00.000Z'],
  [{ kind: 'time', text: '' }, undefined],
  [place, { events: { 0: '12' } }],
  [{ ...place, position: ' ' }, undefined],
])('%j restarts from %j', (choice, from) => {
  expect(restartBody(choice, 'Europe/Berlin', new Set())?.restart_from).toEqual(from);
});

test('only what was allowed is said to be', () => {
  const body = restartBody({ kind: 'latest' }, 'UTC', new Set(['allow_skipping'] as const));
  expect(body).toEqual({ restart_from: 'latest', allow_skipping: true });
});

test('a refusal says what it needs', () => {
  const moves = [{ source: 'events', partition: '0', from: '9', to: '0', effect: 'again' }];
  const error = { code: 'conflict', message: '', id: '' } as const;
  expect(refusalOf({ ...error, details: { needs: ['allow_duplicates'], moves } })).toEqual({
    needs: ['allow_duplicates'],
    moves,
  });
  expect(refusalOf(error)).toBeUndefined();
});
