import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { line, TrialLog } from './trial-log.conformance.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('an idempotency key', () => {
  const first = { lines: [line('first')], idempotencyKey: 'k' };

  test('stores its request once, also over a restart without a close', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await log.append('events', { lines: [line('before')] });
    const stored = await log.append('events', first);
    expect(await log.append('events', first)).toEqual({ ...stored, isDuplicate: true });
    const again = await trial.open();
    expect(await again.append('events', first)).toEqual({ ...stored, isDuplicate: true });
    expect(again.getStream('events').bytes).toBe(13);
  });

  test('refuses another body, and belongs to its stream', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await log.append('events', first);
    const other = { lines: [line('other')], idempotencyKey: 'k' };
    await expect(log.append('events', other)).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
    await log.createStream({ name: 'a' });
    expect(await log.append('a', other)).toMatchObject({ isDuplicate: false });
  });

  test('in flight is waited for', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    const answers = await Promise.all([1, 2, 3, 4].map(() => log.append('events', first)));
    expect(answers.map(({ isDuplicate }) => isDuplicate)).toEqual([false, true, true, true]);
    expect(log.getStream('events').bytes).toBe(6);
  });

  test('is forgotten after 24 hours', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await log.append('events', first);
    trial.clock.advance(dayMs - 1);
    expect(await log.append('events', first)).toMatchObject({ isDuplicate: true });
    trial.clock.advance(1);
    expect(await log.append('events', first)).toMatchObject({ isDuplicate: false, from: 6 });
    await log.close();
    const again = await trial.open();
    expect(await again.append('events', first)).toMatchObject({ isDuplicate: true, from: 6 });
  });

  test('outlives the records, but not for ever', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await log.alterStream({ name: 'events', retentionMs: hourMs });
    await log.append('events', first);
    trial.clock.advance(2 * hourMs);
    await log.enforceRetention();
    expect(log.getStream('events').bytes).toBe(0);
    await log.close();
    const again = await trial.open();
    expect(await again.append('events', first)).toMatchObject({ from: 0, isDuplicate: true });
    trial.clock.advance(dayMs);
    await again.enforceRetention();
    const names = await readdir(`${trial.directory}/log/events/0`);
    expect(names).toEqual(
      ['ndjson', 'index'].toSorted().map((e) => `${'6'.padStart(20, '0')}.${e}`),
    );
  });

  test('is refused when no more can be remembered; requests without one are not', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open({ limits: { keysMax: 1 } });
    await log.append('events', first);
    const second = { lines: [line('second')], idempotencyKey: 'k2' };
    await expect(log.append('events', second)).rejects.toMatchObject({ code: 'unavailable' });
    await log.append('events', { lines: second.lines });
    trial.clock.advance(dayMs);
    await log.append('events', second);
  });
});
