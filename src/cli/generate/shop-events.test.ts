import { describe, expect, test } from 'vitest';
import type { Clock } from '../../base/clock.ts';
import { SeededRandom } from './random.ts';
import { isBurst, rateFactor } from './rate.ts';
import { shopEvents, type ShopOptions } from './shop-events.ts';

const noonMs = Date.parse('2026-03-01T12:00:00Z');

/** A clock on which sleeping takes no time but passes it. */
function leapingClock(startMs: number): Clock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (durationMs) => {
      nowMs += durationMs;
    },
  };
}

function options(parts: Partial<ShopOptions>): ShopOptions {
  return {
    seed: 1,
    rate: 100,
    isSteady: true,
    malformedShare: 0,
    count: undefined,
    durationMs: 10_000,
    clock: leapingClock(noonMs),
    signal: new AbortController().signal,
    ...parts,
  };
}

async function textOf(parts: Partial<ShopOptions>): Promise<string> {
  let text = '';
  for await (const chunk of shopEvents(options(parts))) text += chunk.text;
  return text;
}

async function eventsOf(parts: Partial<ShopOptions>): Promise<Record<string, unknown>[]> {
  const lines = (await textOf(parts)).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

test('the same seed gives the same bytes, another gives others', async () => {
  expect(await textOf({ seed: 7 })).toBe(await textOf({ seed: 7 }));
  expect(await textOf({ seed: 7 })).not.toBe(await textOf({ seed: 8 }));
});

describe('the number of events is what was asked', () => {
  test.each([
    ['a rate and a time', { rate: 50, durationMs: 4_000 }, 200],
    ['a count', { count: 123, durationMs: undefined }, 123],
    ['a count before the time is over', { count: 10, durationMs: 60_000 }, 10],
    ['as fast as it goes', { rate: Infinity, count: 45_000, durationMs: undefined }, 45_000],
    ['less than one a tick', { rate: 2, durationMs: 10_000 }, 20],
  ])('%s', async (_name, parts, expected) => {
    expect(await eventsOf(parts)).toHaveLength(expected);
  });
});

test('every event has the envelope, a unique id and a time that does not go back', async () => {
  const events = await eventsOf({ durationMs: 20_000 });
  const ids = new Set(events.map((event) => event['id']));
  expect(ids.size).toBe(events.length);
  let before = '';
  for (const event of events) {
    expect(Object.keys(event)).toEqual([
      'id',
      'timestamp',
      'ip',
      'user_id',
      'platform',
      'app_version',
      'type',
      'properties',
    ]);
    expect(event['id']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(event['timestamp']).toMatch(/^2026-03-01T12:00:\d\d\.\d{3}Z$/);
    expect(String(event['timestamp']) >= before).toBe(true);
    before = String(event['timestamp']);
  }
});

test('a session starts, goes on and ends, with one user', async () => {
  const sessions = new Map<unknown, Record<string, unknown>[]>();
  for (const event of await eventsOf({ durationMs: 60_000 })) {
    const id = (event['properties'] as Record<string, unknown>)['session_id'];
    sessions.set(id, [...(sessions.get(id) ?? []), event]);
  }
  let ended = 0;
  for (const events of sessions.values()) {
    const types = events.map((event) => event['type']);
    expect(types[0]).toBe('session_start');
    expect(types.lastIndexOf('session_start')).toBe(0);
    expect(new Set(events.map((event) => event['user_id'])).size).toBe(1);
    if (types.includes('session_end')) {
      ended++;
      expect(types.at(-1)).toBe('session_end');
    }
    if (types.includes('purchase')) expect(types).toContain('cart_add');
  }
  expect(ended).toBeGreaterThan(100);
});

test('malformed lines are about as many as asked, counted, and no line breaks', async () => {
  let malformed = 0;
  let lines = 0;
  let broken = 0;
  for await (const chunk of shopEvents(options({ malformedShare: 0.1, durationMs: 60_000 }))) {
    malformed += chunk.malformedCount;
    expect(fits(chunk.text.split('\n', 1)[0] ?? '')).toBe(true);
    for (const line of chunk.text.trimEnd().split('\n')) {
      lines++;
      if (!fits(line)) broken++;
    }
  }
  expect(lines).toBe(6_000);
  expect(broken).toBe(malformed);
  expect(malformed).toBeGreaterThan(480);
  expect(malformed).toBeLessThan(720);
});

function fits(line: string): boolean {
  try {
    const event: Record<string, unknown> = JSON.parse(line);
    return (
      typeof event['type'] === 'string' && !Number.isNaN(Date.parse(String(event['timestamp'])))
    );
  } catch {
    return false;
  }
}

test('an aborted signal ends the events without an error', async () => {
  const controller = new AbortController();
  let chunks = 0;
  const { signal } = controller;
  for await (const chunk of shopEvents(options({ durationMs: undefined, signal }))) {
    if (chunk.eventCount > 0 && ++chunks === 3) controller.abort();
  }
  expect(chunks).toBe(3);
});

test('a slow taker gets at most a second caught up', async () => {
  const clock = leapingClock(noonMs);
  let events = 0;
  for await (const chunk of shopEvents(options({ clock, durationMs: 60_000 }))) {
    events += chunk.eventCount;
    await clock.sleep(20_000);
  }
  expect(events).toBeLessThanOrEqual(310);
});

test('the day has a shape, and bursts come now and then', () => {
  const dayMs = 24 * 3_600_000;
  const minutes = Array.from({ length: 1_440 }, (_, index) => dayMs * 20_000 + index * 60_000);
  const bursts = minutes.filter((timeMs) => isBurst(5, timeMs));
  expect(bursts.length).toBeGreaterThan(40);
  expect(bursts.length).toBeLessThan(110);
  const calm = minutes.filter((timeMs) => !isBurst(5, timeMs));
  const mean = calm.reduce((sum, timeMs) => sum + rateFactor(5, timeMs), 0) / calm.length;
  expect(mean).toBeCloseTo(1, 1);
  expect(rateFactor(5, noonMs)).toBe(rateFactor(5, noonMs));
});

test('random numbers fill their range evenly', () => {
  const random = new SeededRandom(3);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let draw = 0; draw < 10_000; draw++) {
    const bucket = random.below(10);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(850);
});

test('a user is in one place at a time', async () => {
  const open = new Map<unknown, unknown>();
  for (const event of await eventsOf({ durationMs: 60_000 })) {
    const id = (event['properties'] as Record<string, unknown>)['session_id'];
    const user = event['user_id'];
    expect(open.get(user) ?? id).toBe(id);
    if (event['type'] === 'session_end') open.delete(user);
    else open.set(user, id);
  }
});

test.each([
  ['a slow rate', { rate: 2, durationMs: 600_000 }, 1_200],
  ['an odd count', { rate: 100, count: 301, durationMs: undefined }, 301],
])('%s gets its malformed lines too', async (_name, parts, expected) => {
  const lines = (await textOf({ malformedShare: 0.2, ...parts })).trimEnd().split('\n');
  const malformed = lines.filter((line) => !fits(line)).length;
  expect(lines).toHaveLength(expected);
  expect(malformed / expected).toBeGreaterThan(0.12);
  expect(malformed / expected).toBeLessThan(0.28);
});
