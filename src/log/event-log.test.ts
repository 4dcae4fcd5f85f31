import { readdir, stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { line, readLines, TrialLog } from './trial-log.conformance.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('a stream', () => {
  test('"events" exists from the start, with one partition', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    expect(log.listStreams().map(({ name, partitions }) => [name, partitions.length])).toEqual([
      ['events', 1],
    ]);
  });

  test.each(
    [
      ['', '.', '..', 'a..b', '../x', 'a/b', 'a b', "a'b", 'a"b', '1a', '-a', 'é', 'a\0', '.a'],
      ['a'.repeat(129), 'a'.repeat(300)],
    ].flat(),
  )('can not be named %j', async (name) => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await expect(log.createStream({ name })).rejects.toMatchObject({ code: 'invalid_name' });
  });

  test.each(['a', '_', 'Web.clicks-2_x', 'a'.repeat(128)])('can be named %s', async (name) => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await log.createStream({ name, partitions: 2, retentionMs: dayMs, retentionBytes: 5e6 });
    await log.close();
    const { id, ...info } = (await trial.open()).getStream(name);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(info).toMatchObject({ name, retention: { ageMs: dayMs, bytes: 5e6 }, bytes: 0 });
    expect(info.partitions).toHaveLength(2);
  });

  test('is not made twice, not even in other letters', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await expect(log.createStream({ name: 'Events' })).rejects.toMatchObject({
      code: 'already_exists',
    });
  });

  test.each([
    [{ partitions: 0 }, /0 partitions/],
    [{ partitions: 65 }, /65 partitions/],
    [{ partitions: 1.5 }, /1.5 partitions/],
    [{ retentionMs: 0 }, /kept for 0 ms/],
    [{ retentionBytes: 1000 }, /kept to 1000 bytes/],
  ])('is refused with %j', async (options, message) => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await expect(log.createStream({ name: 'a', ...options })).rejects.toThrow(message);
    await expect(log.alterStream({ name: 'events', ...options })).rejects.toThrow(message);
  });

  test('grows partitions and changes retention, and never shrinks', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await log.append('events', { lines: [line('a')] });
    await log.alterStream({ name: 'events', partitions: 3, retentionMs: dayMs });
    await expect(log.alterStream({ name: 'events', partitions: 2 })).rejects.toThrow(/3 part/);
    for (const text of ['b', 'c', 'd']) await log.append('events', { lines: [line(text)] });
    await log.close();
    const again = await trial.open();
    const { partitions, retention } = again.getStream('events');
    expect(retention.ageMs).toBe(dayMs);
    expect(partitions.map(({ bytes }) => bytes).toSorted((a, b) => a - b)).toEqual([2, 2, 4]);
  });

  test('is deleted with its records unless somebody reads it', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await log.createStream({ name: 'a' });
    await log.append('a', { lines: [line('x')] });
    await log.setHold('a', 'reader', new Map());
    await expect(log.deleteStream('a', { isForced: false })).rejects.toMatchObject({
      code: 'conflict',
      message: 'The stream "a" is read by "reader".',
    });
    await log.deleteStream('a', { isForced: true });
    await expect(log.append('a', { lines: [line('x')] })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await readdir(`${trial.directory}/log`)).toEqual(['events']);
    expect((await log.ensureStream('a')).bytes).toBe(0);
    expect(await log.ensureStream('a')).toEqual(log.getStream('a'));
  });

  test('is deleted while it is written: each request is answered, "events" is there again', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    const appends = [1, 2, 3].map(() => log.append('events', { lines: [line('x')] }));
    await log.deleteStream('events', { isForced: false });
    await Promise.all(appends);
    expect(log.getStream('events').bytes).toBe(0);
    expect(await log.append('events', { lines: [line('y')] })).toMatchObject({ from: 0 });
  });
});

describe('an append', () => {
  test('is read back by offsets, now and after reopening', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    const first = await log.append('events', { lines: [line('one'), line('two')] });
    trial.clock.advance(5);
    const second = await log.append('events', { lines: [line('three')] });
    expect([first, second]).toEqual([
      { partition: 0, from: 0, to: 8, isDuplicate: false },
      { partition: 0, from: 8, to: 14, isDuplicate: false },
    ]);
    expect(await readLines(log, 'events', { after: 4 })).toEqual(['two', 'three']);
    await log.close();
    const again = await trial.open();
    expect(again.getStream('events').partitions[0]).toEqual({
      startOffset: 0,
      endOffset: 14,
      bytes: 14,
      newestArrivedAtMs: trial.clock.nowMs(),
      cutBytes: 0,
    });
    expect(await readLines(again, 'events', { bytesMax: 1 })).toEqual(['one', 'two', 'three']);
    const batch = await again.read('events', 0, 0, 4);
    expect(batch).toMatchObject({ from: 0, to: 4, arrivedAtMs: trial.clock.nowMs() - 5 });
  });

  test('among many at once is there as a whole, in one place', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open({ limits: { groupBytesMax: 200, tailBytesMax: 300 } });
    await log.alterStream({ name: 'events', partitions: 3 });
    const requests = Array.from({ length: 200 }, (_, number) =>
      Array.from({ length: 1 + (number % 4) }, (_each, part) => line(`${number}-${part}`)),
    );
    const places = await Promise.all(requests.map((lines) => log.append('events', { lines })));
    for (const [number, { partition, from, to }] of places.entries()) {
      const expected = Buffer.concat(requests[number]!).toString();
      const read = await readLines(log, 'events', { partition, after: from });
      expect(read.join('\n').slice(0, to - from - 1)).toBe(expected.slice(0, -1));
    }
    const bytes = requests.flat().reduce((sum, each) => sum + each.byteLength, 0);
    expect(log.getStream('events').bytes).toBe(bytes);
    expect(new Set(places.map(({ partition }) => partition)).size).toBe(3);
  });

  test('of nothing stores nothing', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    expect(await log.append('events', { lines: [], idempotencyKey: 'k' })).toEqual({
      partition: 0,
      from: 0,
      to: 0,
      isDuplicate: false,
    });
  });

  test('is refused when it is too large, or too much waits already', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open({ limits: { requestBytesMax: 100, pendingBytesMax: 150 } });
    const lines = [line('x', 90)];
    await expect(log.append('events', { lines: [line('x', 101)] })).rejects.toMatchObject({
      code: 'too_large',
    });
    const first = log.append('events', { lines });
    await expect(log.append('events', { lines })).rejects.toMatchObject({ code: 'too_busy' });
    await first;
    await log.append('events', { lines });
    expect(log.getStream('events').bytes).toBe(180);
  });

  test('is refused once the log is closed', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await log.close();
    await expect(log.append('events', { lines: [line('x')] })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  test('rolls segments by size and by age, and readers pass over them', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open({ limits: { segmentBytes: 100, tailBytesMax: 0 } });
    for (let number = 0; number < 10; number++) {
      await log.append('events', { lines: [line(`${number}`, 40)] });
    }
    trial.clock.advance(hourMs);
    await log.append('events', { lines: [line('old')] });
    const names = await readdir(`${trial.directory}/log/events/0`);
    expect(names.filter((name) => name.endsWith('.ndjson'))).toEqual(
      [0, 120, 240, 360, 400].map((base) => `${String(base).padStart(20, '0')}.ndjson`),
    );
    const read = await readLines(log, 'events', { bytesMax: 50 });
    expect(read.map((text) => text.replaceAll('.', ''))).toEqual([
      ...Array.from('0123456789'),
      'old',
    ]);
  });

  test('of a whole closed segment is read through a link', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open({ limits: { segmentBytes: 100, tailBytesMax: 0 } });
    for (const text of ['a', 'b']) await log.append('events', { lines: [line(text, 100)] });
    const batch = await log.read('events', 0, undefined, 100);
    expect((await stat(batch!.path)).nlink).toBe(2);
    await batch!.release();
    expect(await readdir(`${trial.directory}/tmp/spool`)).toEqual([]);
  });
});

describe('a batch', () => {
  test.each([
    ['from memory', 1_000_000],
    ['from disk', 0],
  ])('%s ends with the line that reaches the limit', async (_where, tailBytesMax) => {
    await using trial = await TrialLog.make();
    const log = await trial.open({ limits: { tailBytesMax } });
    await log.append('events', { lines: [line('a', 10), line('b', 10)] });
    await log.append('events', { lines: [line('c', 10), line('d', 100_000), line('e', 10)] });
    const cases: [after: number | undefined, bytesMax: number, to: number | undefined][] = [
      [undefined, 0, 10],
      [undefined, 1, 10],
      [undefined, 10, 10],
      [undefined, 11, 20],
      [0, 20, 20],
      [0, 21, 30],
      [10, 11, 30],
      [20, 11, 100_030],
      [30, 1, 100_030],
      [0, 1_000_000, 100_040],
      [100_030, 5, 100_040],
      [100_040, 5, undefined],
    ];
    for (const [after, bytesMax, to] of cases) {
      const batch = await log.read('events', 0, after, bytesMax);
      expect([after, bytesMax, batch?.to]).toEqual([after, bytesMax, to]);
      if (batch) expect((await stat(batch.path)).size).toBe(batch.byteLength);
    }
  });

  test('does not begin past the end, within a line, or in a partition that is not there', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open({ limits: { tailBytesMax: 0 } });
    await log.append('events', { lines: [line('abc')] });
    await expect(log.read('events', 0, 5, 10)).rejects.toMatchObject({ code: 'corrupt_data' });
    await expect(log.read('events', 0, 2, 10)).rejects.toMatchObject({ code: 'corrupt_data' });
    await expect(log.read('events', 1, 0, 10)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('retention', () => {
  test('deletes whole segments by age, but nothing that a reader needs', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open({ limits: { segmentBytes: 10 } });
    await log.alterStream({ name: 'events', retentionMs: hourMs });
    for (const text of ['a', 'b', 'c']) await log.append('events', { lines: [line(text, 10)] });
    await log.setHold('events', 'reader', new Map([[0, 10]]));
    trial.clock.advance(2 * hourMs);
    await log.enforceRetention();
    expect(await readLines(log, 'events')).toEqual(['b', 'c'].map((text) => text.padEnd(9, '.')));
    await log.setHold('events', 'reader', new Map([[0, 29]]));
    await log.enforceRetention();
    expect(log.getStream('events').partitions[0]).toMatchObject({ startOffset: 20 });
    await log.removeHold('events', 'reader');
    await log.enforceRetention();
    expect(log.getStream('events').partitions[0]).toMatchObject({ startOffset: 30, endOffset: 30 });
    await log.append('events', { lines: [line('d', 10)] });
    await expect(log.read('events', 0, 0, 10)).rejects.toMatchObject({ code: 'not_found' });
    const again = await trial.open();
    expect(await readLines(again, 'events', { after: 30 })).toEqual(['d'.padEnd(9, '.')]);
  });

  test('keeps everything for a reader that was never heard of again after a restart', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await log.alterStream({ name: 'events', retentionMs: hourMs });
    await log.append('events', { lines: [line('a')] });
    await log.setHold('events', 'reader', new Map());
    const again = await trial.open();
    trial.clock.advance(2 * hourMs);
    await again.enforceRetention();
    expect(await readLines(again, 'events')).toEqual(['a']);
  });

  test('keeps to the size by deleting the oldest, else refuses only that stream', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    await log.createStream({ name: 'small', retentionBytes: 1024 * 1024 });
    const lines = [line('x', 100_000)];
    for (let count = 0; count < 20; count++) await log.append('small', { lines });
    expect(log.getStream('small').bytes).toBeLessThanOrEqual(1024 * 1024);
    await log.setHold('small', 'slow', new Map());
    const filling = Promise.all(Array.from({ length: 20 }, () => log.append('small', { lines })));
    await expect(filling).rejects.toMatchObject({ code: 'stream_full' });
    await log.append('events', { lines });
    const { endOffset } = log.getStream('small').partitions[0]!;
    await log.setHold('small', 'slow', new Map([[0, endOffset]]));
    await log.append('small', { lines });
  });
});

describe('waiting for records', () => {
  test('ends at an append to any partition', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    const { signal } = new AbortController();
    const waiting = log.waitForRecords('events', new Map([[0, 0]]), signal);
    await log.append('events', { lines: [line('a')] });
    await expect(waiting).resolves.toBeUndefined();
    await log.waitForRecords('events', new Map(), signal);
    await log.waitForRecords('events', new Map([[0, 0]]), signal);
  });

  test('ends when it is aborted, and when the stream is deleted', async () => {
    await using trial = await TrialLog.make();
    const log = await trial.open();
    const controller = new AbortController();
    const waiting = log.waitForRecords('events', new Map(), controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    const { signal } = new AbortController();
    const deleted = log.waitForRecords('events', new Map(), signal);
    const deleting = log.deleteStream('events', { isForced: true });
    await expect(deleted).rejects.toMatchObject({ code: 'not_found' });
    await deleting;
  });
});
