import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../base/clock.ts';
import { EventLog } from '../../log/event-log.ts';
import type { PeekStart } from '../look.ts';
import { HttpLook } from './http-look.ts';

let directory: string;
let log: EventLog;
let look: HttpLook;
let nowMs: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-look-'));
  nowMs = 1_000;
  const clock: Clock = { ...systemClock, nowMs: () => nowMs };
  log = await EventLog.open({ directory, clock, limits: { segmentBytes: 100 } });
  look = new HttpLook(log);
  await log.createStream({ name: 's' });
  for (let index = 0; index < 30; index++) {
    nowMs = 1_000 + index;
    await log.append('s', { lines: [Buffer.from(`{"n":${index}}\n{"n":${index}.5}\n`)] });
  }
});

afterEach(async () => {
  await log.close();
  await rm(directory, { recursive: true, force: true });
});

async function peek(from: PeekStart, count: number) {
  const { signal } = new AbortController();
  const request = { stream: 's', from, count, spread: 'time', timeoutMs: 1000, signal } as const;
  const { records } = await look.peek(request);
  return records.map(({ value, timestampMs }) => {
    const { n } = JSON.parse(Buffer.from(value ?? []).toString()) as { n: number };
    return `${n}@${timestampMs}`;
  });
}

describe('a look at a stream of the embedded log', () => {
  const cases: readonly (readonly [PeekStart, number, readonly string[]])[] = [
    [{ kind: 'newest' }, 3, ['28.5@1028', '29@1029', '29.5@1029']],
    [{ kind: 'oldest' }, 3, ['0@1000', '0.5@1000', '1@1001']],
    [{ kind: 'time', atMs: 1010 }, 2, ['10@1010', '10.5@1010']],
    [{ kind: 'time', atMs: 0 }, 1, ['0@1000']],
    [{ kind: 'time', atMs: 9999 }, 1, []],
    [{ kind: 'position', partition: '0', position: '8' }, 1, ['0.5@1000']],
    [{ kind: 'position', partition: '0', position: '9' }, 1, ['1@1001']],
    [{ kind: 'position', partition: '0', position: '999999' }, 1, []],
  ];
  test.each(cases)('from %o, %d records', async (from, count, expected) => {
    expect(await peek(from, count)).toEqual(expected);
  });

  test('gives all there is where it is less', async () => {
    expect(await peek({ kind: 'newest' }, 1000)).toHaveLength(60);
    expect(await peek({ kind: 'oldest' }, 1000)).toHaveLength(60);
  });

  test('refuses what is not there', async () => {
    const position = { kind: 'position', partition: '0', position: 'x' } as const;
    await expect(peek(position, 1)).rejects.toThrow('is no offset');
    await expect(peek({ ...position, partition: '7' }, 1)).rejects.toThrow('no partition 7');
    await expect(look.describe('nope')).rejects.toMatchObject({ code: 'not_found' });
    expect((await look.describe('s')).details).toHaveLength(1);
  });
});
