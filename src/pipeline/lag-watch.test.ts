import { expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { position } from '../event/record.ts';
import { HttpSource } from '../source/http/http-source.ts';
import type { PartitionLag, Source } from '../source/source.ts';
import { LagWatch } from './lag-watch.ts';
import { compareLags, slowestPartition } from './partition-lags.ts';
import { PipelineFixture } from './testing/fixture.ts';
import { script } from './testing/scripts.ts';

test('the lag of a stream is what is not in the tables yet', async () => {
  await using helios = await PipelineFixture.open();
  const sql = script('SELECT id FROM events');
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await helios.sendAndWait('events', ['{"id":1}']);
  const nothing = { lagBytes: 0, lagRecords: 0, lagMs: 0 };
  await expect
    .poll(() => helios.supervisor.get('p').sources[0])
    .toEqual({
      name: 'events',
      connector: 'http',
      reads: { names: ['events'] },
      bytesBehind: 0,
      lagRecords: 0,
      lagMs: 0,
      partitions: [{ partition: '0', position: '9', ...nothing }],
    });
  await helios.supervisor.pause('p');
  await helios.send('events', ['{"id":2}']);
  const unknown = { lagBytes: undefined, lagRecords: undefined, lagMs: undefined };
  expect(helios.supervisor.get('p').sources[0]?.partitions).toEqual([
    { partition: '0', position: '9', ...unknown },
  ]);
});

test('an HTTP source tells bytes, and the age of the oldest record', async () => {
  await using helios = await PipelineFixture.open();
  await helios.log.ensureStream('s');
  await helios.send('s', ['{"id":1}']);
  await helios.send('s', ['{"id":2}']);
  const { newestArrivedAtMs = 0 } = helios.log.getStream('s').partitions[0] ?? {};
  const clock = { ...systemClock, nowMs: () => newestArrivedAtMs + 5000 };
  const options = { log: helios.log, stream: 's', reader: undefined, clock };
  const source = await HttpSource.open({ ...options, offset: 'earliest' });
  const [lag] = await source.partitionLags(new Map([['0', position('9')]]));
  expect(lag).toEqual({ partition: '0', records: undefined, bytes: 9, ms: 5000 });
  const [none] = await source.partitionLags(new Map([['0', position('18')]]));
  expect(none).toEqual({ partition: '0', records: 0n, bytes: 0, ms: 0 });
  const [all] = await source.partitionLags(new Map());
  expect(all?.bytes).toBe(18);
});

test('a source that fails to tell has no lag until it tells again', async () => {
  const answers: (readonly PartitionLag[])[] = [
    [{ partition: '0', records: 1n, bytes: 2, ms: 3 }],
    [],
  ];
  const asked: (() => void)[] = [];
  const source: Pick<Source, 'partitionLags'> = {
    partitionLags: async () => {
      const answer = answers.shift();
      if (answer === undefined || answer.length === 0) throw new Error('gone');
      return await Promise.resolve(answer);
    },
  };
  const clock = {
    ...systemClock,
    sleep: async (_: number, signal?: AbortSignal) =>
      await new Promise<void>((resolve, reject) => {
        asked.push(resolve);
        signal?.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  };
  const sources = new Map([['s', source as Source]]);
  const watch = new LagWatch({ sources, positions: () => new Map(), until: undefined, clock });
  watch.start();
  await expect.poll(() => asked.length).toBe(1);
  expect(watch.lags.get('s')).toHaveLength(1);
  asked[0]?.();
  await expect.poll(() => asked.length).toBe(2);
  expect(watch.lags.has('s')).toBe(false);
  await watch.close();
});

const lag = {
  position: undefined,
  lagRecords: undefined,
  lagBytes: undefined,
  lagMs: undefined,
  lagKnownAtMs: undefined,
};

test.each([
  [[], undefined],
  [[{ ...lag, partition: 'a' }], undefined],
  [[{ ...lag, partition: 'a', lagMs: 0, lagBytes: 0 }], undefined],
  [
    [
      { ...lag, partition: 'a', lagMs: 5, lagBytes: 900 },
      { ...lag, partition: 'b', lagMs: 6, lagBytes: 1 },
    ],
    'b',
  ],
  [
    [
      { ...lag, partition: 'a', lagRecords: 2 },
      { ...lag, partition: 'b', lagRecords: 1, lagBytes: 100 },
    ],
    'a',
  ],
])('the slowest of %j is %s', (partitions, slowest) => {
  expect(slowestPartition(partitions)?.partition).toBe(slowest);
  expect(partitions.toSorted(compareLags).at(-1)?.partition).toBe(
    slowest ?? partitions.at(-1)?.partition,
  );
});
