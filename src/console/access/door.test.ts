import { describe, expect, test } from 'vitest';
import type { PrincipalAnswer } from '../../server/access/access-api.ts';
import { Door, type Need } from './door.ts';

const anna: PrincipalAnswer = { name: 'anna', scopes: ['console'], via: 'session' };
const never = new AbortController().signal;

describe('whoever asks', () => {
  test('passes where nobody needs to sign in', async () => {
    const door = new Door();
    expect(door.isPassable()).toBe(false);
    const passed = door.passed(never);
    door.found({ required: false });
    await passed;
    expect(door.may('admin')).toBe(true);
  });

  test('passes where the server can not be asked, until it is', () => {
    const door = new Door();
    door.notFound();
    expect(door.state).toEqual({ kind: 'open', isCertain: false });
    door.found({ required: true });
    expect(door.state).toEqual({ kind: 'out', was: undefined });
    door.notFound();
    expect(door.state.kind).toBe('out');
  });

  test('waits until somebody has signed in', async () => {
    const door = new Door();
    door.found({ required: true });
    const order: string[] = [];
    const passed = door.passed(undefined).then(() => order.push('passed'));
    door.found({ required: true });
    await Promise.resolve();
    order.push('signed in');
    door.found({ required: true, principal: anna });
    await passed;
    expect(order).toEqual(['signed in', 'passed']);
    await door.passed(never);
  });

  test('does not wait any longer than is wanted', async () => {
    const door = new Door();
    const stop = new AbortController();
    const passed = door.passed(stop.signal);
    stop.abort(new Error('left'));
    await expect(passed).rejects.toThrow('left');
    await expect(door.passed(stop.signal)).rejects.toThrow('left');
  });
});

test('a session that ends while the page is open is remembered, with what it allowed', () => {
  const door = new Door();
  door.found({ required: true, principal: anna });
  const { round } = door;
  door.refused(round);
  expect(door.state).toEqual({ kind: 'out', was: anna });
  expect([door.isPassable(), door.may('save')]).toEqual([false, true]);
  door.found({ required: true, principal: anna });
  // The answer to a question of the last session, which came late.
  door.refused(round);
  expect(door.state).toEqual({ kind: 'in', principal: anna });
});

test('watchers are told of each change until they leave', () => {
  const door = new Door();
  const seen: string[] = [];
  const end = door.watch(() => seen.push(door.state.kind));
  door.found({ required: true });
  door.refusedLink({ code: 'not_authenticated', message: 'Used already.', id: '' });
  end();
  door.found({ required: false });
  expect(seen).toEqual(['out', 'out']);
  expect(door.linkError?.message).toBe('Used already.');
});

test.each<[scopes: string[], may: Need[]]>([
  [['admin'], ['read', 'save', 'admin']],
  [['console'], ['read', 'save']],
  [['read-only', 'ingest:a'], ['read']],
  [['query:orders'], []],
])('%j may %j', (scopes, may) => {
  const door = new Door();
  door.found({ required: true, principal: { ...anna, scopes } });
  const needs: Need[] = ['read', 'save', 'admin'];
  expect(needs.filter((need) => door.may(need))).toEqual(may);
});
