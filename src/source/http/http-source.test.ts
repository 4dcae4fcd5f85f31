import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { position } from '../../event/record.ts';
import { EventLog } from '../../log/event-log.ts';
import type { LogLimits } from '../../log/log.ts';
import { testSource } from '../source.conformance.ts';
import { HttpSource } from './http-source.ts';

class Opened implements AsyncDisposable {
  readonly directory: string;
  readonly log: EventLog;

  private constructor(directory: string, log: EventLog) {
    this.directory = directory;
    this.log = log;
  }

  static async make(limits: Partial<LogLimits> = {}): Promise<Opened> {
    const directory = await mkdtemp(`${tmpdir()}/helios-http-`);
    return new Opened(directory, await EventLog.open({ directory, clock: systemClock, limits }));
  }

  async append(records: readonly string[]): Promise<void> {
    const lines = records.map((record) => Buffer.from(`${record}\n`));
    await this.log.append('events', { lines });
  }

  async source(offset: 'earliest' | 'latest', reader?: string): Promise<HttpSource> {
    return await HttpSource.open({ log: this.log, stream: 'events', offset, reader });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.log.close();
    await rm(this.directory, { recursive: true });
  }
}

for (const [where, partitions, limits] of [
  ['in memory', 1, {}],
  ['on disk, in segments of 100 bytes', 3, { tailBytesMax: 0, segmentBytes: 100 }],
] as const) {
  testSource({
    name: `http ${where}, ${partitions} partitions`,
    isBounded: false,
    async open(records) {
      const opened = await Opened.make(limits);
      await opened.log.alterStream({ name: 'events', partitions });
      // Several requests at once, so that there are several groups in several partitions.
      const requests = records.map((_, at) => (at % 2 === 0 ? records.slice(at, at + 2) : []));
      await Promise.all(requests.map(async (request) => await opened.append(request)));
      return {
        source: await opened.source('earliest', 'reader'),
        append: async (more) => await opened.append(more),
        reopen: async () => await opened.source('earliest', 'another'),
        [Symbol.asyncDispose]: async () => await opened[Symbol.asyncDispose](),
      };
    },
  });
}

test('"latest" is where a reader first came, and stays that until it has read', async () => {
  await using opened = await Opened.make();
  await opened.append(['{"old":1}']);
  const source = await opened.source('latest', 'reader');
  await opened.append(['{"new":1}']);
  expect(await source.startPosition('0')).toBe('10');
  expect(await (await opened.source('latest', 'reader')).startPosition('0')).toBe('10');
  expect(await (await opened.source('latest', 'later')).startPosition('0')).toBe('20');
  expect(await (await opened.source('earliest', 'early')).startPosition('0')).toBeUndefined();
});

test('a partition that is added later is read from its start, also by "latest"', async () => {
  await using opened = await Opened.make();
  await opened.source('latest', 'reader');
  await opened.log.alterStream({ name: 'events', partitions: 2 });
  await Promise.all([opened.append(['{"a":1}']), opened.append(['{"a":1}'])]);
  const source = await opened.source('latest', 'reader');
  expect(await source.partitions()).toEqual(['0', '1']);
  expect(await source.startPosition('1')).toBeUndefined();
});

test('holds what its reader has not released, and nothing for a preview', async () => {
  await using opened = await Opened.make();
  await opened.append(['{"a":1}']);
  const preview = await opened.source('latest');
  await preview.release(new Map([['0', position('8')]]));
  expect(opened.log.getHold('events', 'reader')).toBeUndefined();
  const source = await opened.source('earliest', 'reader');
  expect(opened.log.getHold('events', 'reader')).toEqual(new Map([[0, 0]]));
  await source.release(new Map([['0', position('8')]]));
  await source.close();
  expect(opened.log.getHold('events', 'reader')).toEqual(new Map([[0, 8]]));
});

test.each(['x', '-1', '1.5', '', '99999999999999999'])('refuses the position %j', async (text) => {
  await using opened = await Opened.make();
  const source = await opened.source('earliest');
  const { signal } = new AbortController();
  const request = { partition: '0', after: position(text), bytesMax: 1, signal };
  await expect(source.read(request)).rejects.toMatchObject({ code: 'corrupt_data' });
});
