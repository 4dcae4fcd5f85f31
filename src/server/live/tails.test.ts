import { afterEach, expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { defaultServerLimits } from '../limits.ts';
import { Metrics } from '../metrics/metrics.ts';
import { AuditTrail } from '../access/audit-trail.ts';
import { TestServer } from '../testing/test-server.ts';
import { runPipelines } from './pipelines-subscription.ts';
import { runStreamTail } from './stream-tail.ts';
import { runTableTail } from './table-tail.ts';
import { runTopicTail } from './topic-tail.ts';
import type { LiveEvent } from './live-api.ts';
import type { BackedTail } from '../../log/backed-streams.ts';
import type { SubscriptionContext } from './subscription.ts';

const metrics = new Metrics();
const servers: TestServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
});

/**
 * A subscription whose client reads only in the rounds that `hasRoom` says; each sleep is a round.
 */
const anybody = { scopes: [{ kind: 'admin' }], expiresAtMs: undefined } as const;

async function rounds(
  hasRoom: readonly boolean[],
  run: (context: SubscriptionContext) => Promise<void>,
): Promise<LiveEvent[]> {
  const server = await TestServer.start();
  servers.push(server);
  const controller = new AbortController();
  const events: LiveEvent[] = [];
  let round = 0;
  const clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    sleep: async () => {
      round += 1;
      if (round >= hasRoom.length) controller.abort();
    },
  };
  await run({
    ...server.dependencies,
    clock,
    metrics,
    limits: defaultServerLimits.live,
    trail: new AuditTrail(server.dependencies.audit, clock),
    admit: () => ({ name: 'local', tokenId: undefined, via: 'local', ...anybody }),
    isWelcome: () => true,
    signal: controller.signal,
    outlet: {
      send: (event) => events.push(event),
      sendText: (text) => events.push(JSON.parse(text)),
      hasRoom: () => hasRoom[round] ?? true,
    },
  });
  return events;
}

test('rows that a slow client has no room for are dropped and counted', async () => {
  const run = async (context: SubscriptionContext): Promise<void> => {
    const tail = { op: 'subscribe', kind: 'tail', id: 't', table: 'x' } as const;
    const rowsOf = context.tableTail;
    let rows = 0;
    const tableTail = {
      rowsAfter: async (request: Parameters<typeof rowsOf.rowsAfter>[0]) => {
        const answer = await rowsOf.rowsAfter(request);
        rows += 1;
        return { ...answer, rows: request.after === undefined ? [] : [[rows], [rows]] };
      },
    };
    await runTableTail(tail, { ...context, tableTail });
  };
  const hasRoom = [true, true, false, false, true];
  const events = await rounds(hasRoom, run);
  expect(events).toMatchObject([
    { kind: 'columns' },
    { kind: 'rows', rows: [[2], [2]], dropped: 0 },
    { kind: 'rows', rows: [[5], [5]], dropped: 4 },
  ]);
  expect(metrics.text([])).toContain('helios_live_dropped_rows_total 4\n');
});

test('bytes of a stream that a slow client has no room for are skipped and counted', async () => {
  const line = '{"n":1}\n';
  const hasRoom = [true, false, false, true];
  const events = await rounds(hasRoom, async (context) => {
    const append = async (): Promise<unknown> =>
      await context.log.append('events', { lines: [Buffer.from(line)] });
    const { clock } = context;
    const sleep = async (): Promise<void> => {
      await append();
      await clock.sleep(0);
    };
    const request = { op: 'subscribe', kind: 'tail', id: 's', stream: 'events' } as const;
    const tail = runStreamTail(request, { ...context, clock: { ...clock, sleep } });
    await append();
    await tail;
  });
  expect(events).toMatchObject([
    { kind: 'columns' },
    { kind: 'lines', offset: 0, dropped_bytes: 0 },
    { kind: 'lines', offset: line.length * 3, dropped_bytes: 2 * line.length },
  ]);
});

test('records of a broker that a slow client has no room for are skipped and counted', async () => {
  let end = 3;
  const tail: BackedTail = {
    ends: async () => await Promise.resolve([end++]),
    read: async ({ from, to }) => {
      // The last look comes too late for its first record.
      if (from === 7) throw new HeliosError('position_lost', 'It was deleted.');
      const count = Math.min(to - from, 3);
      const values = Array.from({ length: count }, (_, index) => `r${from + index}`);
      return await Promise.resolve({ values, to: from + count });
    },
    close: async () => await Promise.resolve(),
  };
  const hasRoom = [true, true, false, false, true, true, true];
  const events = await rounds(hasRoom, async (context) => {
    const backed = {
      checkStream: () => undefined,
      tail: async () => await Promise.resolve(tail),
    };
    await runTopicTail({ id: 's', stream: 'x', backed }, context);
  });
  expect(events).toMatchObject([
    { kind: 'columns' },
    { kind: 'lines', offset: 3, lines: ['r3'], dropped_records: 0 },
    { kind: 'lines', offset: 6, lines: ['r6'], dropped_records: 2 },
    { kind: 'lines', offset: 8, lines: ['r8'], dropped_records: 1 },
    { kind: 'lines', offset: 9, lines: ['r9'], dropped_records: 0 },
  ]);
});

test('pipelines are not sent again while nothing changes or the client is behind', async () => {
  const hasRoom = [true, true, false, true];
  const events = await rounds(hasRoom, async (context) => {
    const { clock, pipelines } = context;
    let round = 0;
    const sleep = async (): Promise<void> => {
      round += 1;
      const name = `p${round}`;
      if (round > 1) await pipelines.create({ name, sql: 'x', isAdopting: false });
      await clock.sleep(0);
    };
    await runPipelines('p', { ...context, clock: { ...clock, sleep } });
  });
  expect(events).toMatchObject([
    { pipelines: [] },
    { pipelines: [{ name: 'p2' }, { name: 'p3' }] },
  ]);
});
