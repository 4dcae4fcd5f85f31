import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import type { HeliosError } from '../base/errors.ts';
import { Catalog } from '../catalog/catalog.ts';
import { ReferencedSecrets } from '../connection/secrets.ts';
import type { RecordCounts } from '../pipeline/rates/record-rates.ts';
import type { AlertRule } from './alert.ts';
import { AlertStore } from './alert-store.ts';
import { AlertWatch } from './alert-watch.ts';
import type { AlertMessage } from './message.ts';

let root: string;
let catalog: Catalog;
let hook: Server;
let hookUrl: string;
/** Statuses of the next answers; 200 after them. */
let statuses: number[];
let received: AlertMessage[];
let problems: HeliosError[];
let environment: Record<string, string>;
let nowMs: number;
let shares: Record<string, RecordCounts>;
let startedMs: number;
const watches: AlertWatch[] = [];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'helios-alert-'));
  catalog = new Catalog(join(root, 'catalog.db'));
  [statuses, received, problems, nowMs, startedMs] = [[], [], [], 10_000_000, 0];
  shares = { orders: { read: 100, rejected: 0 } };
  hook = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const status = statuses.shift() ?? 200;
      if (status === 200) received.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(status, status === 302 ? { location: 'http://example.com/' } : {});
      response.end('x'.repeat(200_000));
    });
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  hookUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/secret-path`;
  environment = { HOOK: hookUrl };
});

afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.close();
  hook.closeAllConnections();
  hook.close();
  catalog.close();
  rmSync(root, { recursive: true, force: true });
});

/** Waits take no time; the test says what time it is. */
const clock: Clock = {
  nowMs: () => nowMs,
  monotonicMs: () => nowMs,
  sleep: async (_durationMs, signal) => await systemClock.sleep(1, signal),
};

function open(): AlertWatch {
  const watch = new AlertWatch({
    store: new AlertStore({ catalog, clock }),
    pipelines: () =>
      Object.entries(shares).map(([name, counts]) => ({
        name,
        recent: { sinceMs: startedMs, within: () => counts, rejectedByMinute: () => [] },
      })),
    secrets: new ReferencedSecrets({ environment, clock, random: () => 0.5 }),
    clock,
    random: () => 0.5,
    newId: () => `id-${received.length}`,
    consoleUrl: () => 'http://127.0.0.1:7311',
    onProblem: (problem) => {
      problems.push(problem);
      if (problems.length === 2) environment['HOOK'] = hookUrl;
    },
  });
  watches.push(watch);
  return watch;
}

const rule: AlertRule = {
  ...{ pipeline: 'Orders', sharePercent: 5, windowMinutes: 5, recordsMin: 10 },
  url: 'env:HOOK',
};

/** Looks, and waits for the messages that follow from it. */
async function lookAfter(watch: AlertWatch, laterMs: number): Promise<void> {
  nowMs += laterMs;
  watch.look();
  await watch.settled();
}

test('a crossing is told once, and once when it is over, also over a restart', async () => {
  const watch = open();
  watch.put('bad orders', rule, undefined);
  await lookAfter(watch, 5000);
  expect(received).toEqual([]);
  shares = { orders: { read: 200, rejected: 25 } };
  await lookAfter(watch, 5000);
  await lookAfter(watch, 5000);
  expect(received).toEqual([
    {
      event: 'rejected_share_above',
      id: 'id-0',
      alert: 'bad orders',
      pipeline: 'orders',
      share_percent: 12.5,
      threshold_percent: 5,
      window_minutes: 5,
      records_read: 200,
      records_rejected: 25,
      since: new Date(10_010_000).toISOString(),
      link: 'http://127.0.0.1:7311/quarantine?pipeline=orders',
      text:
        'Pipeline orders rejects 12.5 % of its records in the last 5 min (25 of 200); ' +
        'the threshold is 5 %. http://127.0.0.1:7311/quarantine?pipeline=orders',
    },
  ]);
  await watch.close();

  const again = open();
  await lookAfter(again, 5000);
  expect(received).toHaveLength(1);
  shares = { orders: { read: 0, rejected: 0 } };
  startedMs = nowMs;
  await lookAfter(again, 120_000);
  expect(received, 'the window is not known yet').toHaveLength(1);
  await lookAfter(again, 300_000);
  await lookAfter(again, 5000);
  expect(received.map(({ event, id }) => [event, id])).toEqual([
    ['rejected_share_above', 'id-0'],
    ['rejected_share_below', 'id-0'],
  ]);
  shares = { orders: { read: 10, rejected: 10 } };
  await lookAfter(again, 5000);
  expect(received.at(-1)).toMatchObject({ event: 'rejected_share_above', id: 'id-2' });
});

test('a share around its threshold is one crossing, and few records say nothing', async () => {
  const watch = open();
  watch.put('a', rule, undefined);
  shares = { orders: { read: 9, rejected: 9 } };
  await lookAfter(watch, 5000);
  expect(received).toEqual([]);
  for (const rejected of [6, 5, 6, 5, 6]) {
    shares = { orders: { read: 100, rejected } };
    await lookAfter(watch, 50_000);
  }
  expect(received).toHaveLength(1);
});

test('a webhook that fails twice is tried again, and each failure is counted', async () => {
  const watch = open();
  watch.put('a', rule, undefined);
  statuses = [500, 429];
  shares = { orders: { read: 100, rejected: 50 } };
  await lookAfter(watch, 5000);
  expect(received).toHaveLength(1);
  expect(watch.get('A').deliveries).toMatchObject({ delivered: 1, failed: 2, givenUp: 0 });
  expect(problems.map(({ code }) => code)).toEqual(['unavailable', 'unavailable']);
  expect(JSON.stringify(problems.map(({ message }) => message))).not.toContain('secret-path');
});

test('what can not pass is given up at once, and tried again when the alert is changed', async () => {
  const watch = open();
  const { version } = watch.put('a', rule, undefined);
  statuses = [302];
  shares = { orders: { read: 100, rejected: 50 } };
  await lookAfter(watch, 5000);
  await lookAfter(watch, 5000);
  expect(watch.get('a').deliveries).toMatchObject({ failed: 1, givenUp: 1 });
  expect(problems).toMatchObject([
    { code: 'invalid_config', hint: expect.stringContaining('Redirects') },
  ]);
  watch.put('a', { ...rule, sharePercent: 6 }, version);
  await lookAfter(watch, 5000);
  expect(received).toHaveLength(1);
});

test('a secret that is missing is waited for', async () => {
  delete environment['HOOK'];
  const watch = open();
  watch.put('a', rule, undefined);
  shares = { orders: { read: 100, rejected: 50 } };
  await lookAfter(watch, 5000);
  expect(problems.map(({ code }) => code)).toEqual(['secret_missing', 'secret_missing']);
  expect(received).toHaveLength(1);
});

test('an alert without a pipeline watches each by itself; one that is deleted is over', async () => {
  const watch = open();
  watch.put('all', { ...rule, pipeline: undefined }, undefined);
  shares = {
    a: { read: 100, rejected: 50 },
    b: { read: 100, rejected: 0 },
    c: { read: 10, rejected: 9 },
  };
  await lookAfter(watch, 5000);
  expect(received.map(({ pipeline }) => pipeline).toSorted()).toEqual(['a', 'c']);
  shares = { b: { read: 100, rejected: 0 } };
  await lookAfter(watch, 5000);
  await lookAfter(watch, 70_000);
  expect(received.slice(2).map(({ event }) => event)).toEqual([
    'rejected_share_below',
    'rejected_share_below',
  ]);
  await lookAfter(watch, 5000);
  expect(watch.get('all').crossings).toEqual({});
});

test('who does not know what is there replaces nothing', () => {
  const watch = open();
  const { version } = watch.put('a', rule, undefined);
  expect(() => watch.put('A', { ...rule, sharePercent: 1 }, undefined)).toThrow('exists');
  expect(watch.put('A', { ...rule, sharePercent: 1 }, version).name).toBe('a');
  expect(() => watch.delete('a', version)).toThrow('was changed');
  expect(() => watch.get('b')).toThrow('no alert named b');
  watch.delete('a', undefined);
  expect(watch.list()).toEqual([]);
});

test('a test tells nobody but its address, and says what it answered', async () => {
  const watch = open();
  const { signal } = new AbortController();
  expect(await watch.test(rule, signal)).toBe(200);
  expect(received).toMatchObject([{ event: 'test', pipeline: 'Orders' }]);
  statuses = [404];
  await expect(watch.test(rule, signal)).rejects.toThrow(
    /^The webhook at http:\/\/127.0.0.1:\d+ answered 404\.$/,
  );
  hook.closeAllConnections();
  await new Promise((resolve) => hook.close(resolve));
  await expect(watch.test(rule, signal)).rejects.toMatchObject({ code: 'unreachable' });
});
