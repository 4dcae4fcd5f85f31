import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../base/clock.ts';
import type { HeliosError } from '../../base/errors.ts';
import type { WebhookTable } from '../../sql/connector/webhook/webhook-table.ts';
import { Receiver, type Reply } from './testing/receiver.ts';
import { WebhookSink, type WebhookSinkOptions } from './webhook-sink.ts';

let directory: string;
let receiver: Receiver;
let waits: number[];
let problems: HeliosError[];
/** What waits took, for which nobody waits here. */
let waitedMs: number;

/** Waits are over at once, but those for what hardly ever happens. */
const hasty: Clock = {
  nowMs: () => Date.parse('2026-01-01T00:00:00Z') + waitedMs,
  monotonicMs: () => performance.now() + waitedMs,
  sleep: async (durationMs, signal) => {
    signal?.throwIfAborted();
    waits.push(durationMs);
    waitedMs += durationMs;
    await new Promise((resolve) => setImmediate(resolve));
  },
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-webhook-'));
  receiver = await Receiver.start();
  waits = [];
  problems = [];
  waitedMs = 0;
});

afterEach(async () => {
  await receiver[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function table(change: Partial<WebhookTable> = {}): WebhookTable {
  return {
    kind: 'webhook',
    endpoint: `${receiver.url}/hook/{{ TOKEN }}?key=very-secret`,
    method: 'POST',
    headers: { authorization: 'Bearer {{ TOKEN }}', 'x-team': 'shop' },
    template: undefined,
    batch: undefined,
    concurrency: 1,
    timeoutMs: 10_000,
    onError: { kind: 'fail' },
    ...change,
  };
}

function open(
  change: Partial<WebhookTable> = {},
  options: Partial<WebhookSinkOptions> = {},
): WebhookSink {
  return new WebhookSink({
    table: table(change),
    pipelineId: 'p1',
    name: 'alerts',
    secrets: { resolve: async () => await Promise.resolve('token-word\n') },
    clock: hasty,
    random: () => 0,
    onProblem: (problem) => void problems.push(problem),
    ...options,
  });
}

async function append(sink: WebhookSink, lines: readonly string[], after = 0): Promise<number> {
  const path = join(directory, 'rows');
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
  try {
    return await sink.append(path, after);
  } finally {
    await sink.close();
  }
}

/** Answers one after another, then 200. */
function replies(...all: readonly Reply[]): void {
  receiver.reply = (_, index) => all[index] ?? { status: 200 };
}

test('each row is a request, in order, with what its table says', async () => {
  const rows = ['{"a":1}', '{"a":"ü"}', '{"a":1}'];
  expect(await append(open(), rows, 100)).toBe(100 + Buffer.byteLength(rows.join('\n')) + 1);
  expect(receiver.bodies).toEqual(rows);
  expect(receiver.atOnceMax).toBe(1);
  expect(new Set(receiver.keys).size).toBe(3);
  expect(receiver.received[0]).toMatchObject({
    method: 'POST',
    path: '/hook/token-word?key=very-secret',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'helios',
      authorization: 'Bearer token-word',
      'x-team': 'shop',
    },
  });
});

test('a repeated row has the key it had, wherever epochs begin; no other has it', async () => {
  const rows = ['{"a":1}', '{"a":1}', '{"a":2}'];
  const after = await append(open(), rows.slice(0, 1));
  await append(open(), rows.slice(1), after);
  await append(open(), rows);
  const { keys } = receiver;
  expect(keys.slice(0, 3)).toEqual(keys.slice(3));
  expect(new Set(keys).size).toBe(3);
  await append(open({}, { name: 'others' }), rows);
  await append(open({}, { pipelineId: 'p2' }), rows);
  expect(new Set(receiver.keys).size).toBe(9);
});

test('lines of a template are in base64', async () => {
  const template = [{ kind: 'text', text: 'x' }] as const;
  const texts = ['a\nb', '', 'c'];
  const lines = texts.map((text) => Buffer.from(text).toString('base64'));
  await append(open({ template, method: 'PUT', headers: { 'content-type': 'text/plain' } }), lines);
  expect(receiver.bodies).toEqual(texts);
  expect(receiver.received[0]).toMatchObject({
    method: 'PUT',
    headers: { 'content-type': 'text/plain' },
  });
});

test.each([
  [{ rowsMax: 2, bytesMax: 1000 }, ['[{"a":1},{"a":2}]', '[{"a":3},{"a":4}]', '[{"a":5}]']],
  [{ rowsMax: 10, bytesMax: 23 }, ['[{"a":1},{"a":2}]', '[{"a":3},{"a":4}]', '[{"a":5}]']],
  [{ rowsMax: 10, bytesMax: 1 }, ['[{"a":1}]', '[{"a":2}]', '[{"a":3}]', '[{"a":4}]', '[{"a":5}]']],
])('rows of a batch are an array: %j', async (batch, bodies) => {
  await append(
    open({ batch }),
    [1, 2, 3, 4, 5].map((a) => `{"a":${a}}`),
  );
  expect(receiver.bodies).toEqual(bodies);
});

test('several requests are under way at once where the table says so', async () => {
  const { promise: all, resolve } = Promise.withResolvers<void>();
  receiver.reply = async (_, index) => {
    if (index === 2) resolve();
    await all;
    return { status: 200 };
  };
  const rows = Array.from({ length: 20 }, (_, a) => `{"a":${a}}`);
  await append(open({ concurrency: 3 }), rows);
  expect([...receiver.bodies].toSorted()).toEqual(rows.toSorted());
  expect(receiver.atOnceMax).toBe(3);
});

test.each<[string, Reply]>([
  ['500', { status: 500 }],
  ['503', { status: 503 }],
  ['408', { status: 408 }],
  ['425', { status: 425 }],
  ['429', { status: 429 }],
  ['a broken connection', 'break'],
])('%s is tried again, later each time, with the same key', async (_, reply) => {
  replies(reply, reply, reply);
  await append(open(), ['{"a":1}', '{"a":2}']);
  expect(receiver.bodies).toEqual([...Array.from({ length: 4 }, () => '{"a":1}'), '{"a":2}']);
  expect(new Set(receiver.keys).size).toBe(2);
  expect(waits).toEqual([125, 250, 500]);
  expect(problems).toEqual([]);
});

test('no answer in time is tried again', async () => {
  replies('hang');
  await append(open({ timeoutMs: 100 }), ['{"a":1}']);
  expect(receiver.bodies).toEqual(['{"a":1}', '{"a":1}']);
});

test.each([
  ['7', 7000],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Wed, 31 Dec 2025 00:01:00 GMT', 125],
  ['99999999999', 3_600_000],
  ['soon', 125],
])('Retry-After: %s waits %d ms', async (text, waitMs) => {
  replies({ status: 429, headers: { 'retry-after': text } });
  await append(open(), ['{"a":1}']);
  expect(waits).toEqual([waitMs]);
});

test('what it waits for is told meanwhile', async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: seen, resolve: go } = Promise.withResolvers<void>();
  const clock = {
    ...hasty,
    sleep: async () => {
      ask();
      await seen;
    },
  };
  replies({ status: 503, body: 'closed\n for lunch: token-word, key=very-secret' });
  const sink = open({}, { clock });
  expect(sink.waiting()).toBeUndefined();
  const appended = append(sink, ['{"a":1}']);
  await asked;
  expect(sink.waiting()).toMatchObject({
    sinceMs: expect.any(Number),
    error: {
      code: 'unavailable',
      message: `The webhook at ${receiver.url} answered 503: closed for lunch: …, key=…`,
    },
  });
  go();
  await appended;
  expect(sink.waiting()).toBeUndefined();
});

test('a server that does not answer is what it waits for, soon', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<Reply>();
  receiver.reply = async () => await answered;
  const sink = open();
  const appended = append(sink, ['{"a":1}']);
  await receiver.until(1);
  expect(sink.waiting()).toBeUndefined();
  waitedMs += 3000;
  expect(sink.waiting()?.error.message).toBe(
    `The webhook at ${receiver.url} has not answered yet.`,
  );
  answer({ status: 204 });
  await appended;
});

test.each([
  [400, 'invalid_config', / answered 400: no such field\. The request was: \{"a":1\}$/],
  [422, 'invalid_config', / answered 422: /],
  [401, 'access_refused', / answered 401: no such field\.$/],
  [403, 'access_refused', / answered 403: /],
  [404, 'invalid_config', / answered 404: no such field\.$/],
  [302, 'invalid_config', / answered 302: /],
])('%d ends it, and what follows is not sent', async (status, code, message) => {
  receiver.reply = () => ({ status, headers: { location: '/elsewhere' }, body: 'no such field.' });
  const appended = append(open(), ['{"a":1}', '{"a":2}']);
  await expect(appended).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
  await expect(appended).rejects.not.toMatchObject({
    message: expect.stringMatching(/token-word|very-secret|\/hook/),
  });
  expect(receiver.bodies).toEqual(['{"a":1}']);
});

test('one that is refused ends the waits of those beside it', async () => {
  receiver.reply = ({ body }) => (body === '{"a":2}' ? { status: 400 } : 'hang');
  const appended = append(open({ concurrency: 2 }), ['{"a":1}', '{"a":2}', '{"a":3}']);
  await expect(appended).rejects.toMatchObject({ code: 'invalid_config' });
  expect(receiver.received).toHaveLength(2);
});

test('refused rows are dropped where the table says so, and counted; an address is not', async () => {
  receiver.reply = ({ body }) => ({ status: body.includes('bad') ? 422 : 200, body: 'odd' });
  const onError = { kind: 'drop', patienceMs: undefined } as const;
  const sink = open({ onError });
  await append(sink, ['{"bad":1}', '{"a":2}', '{"bad":3}']);
  expect(receiver.bodies).toEqual(['{"bad":1}', '{"a":2}', '{"bad":3}']);
  expect(sink.droppedCount).toBe(2);
  expect(problems).toMatchObject([
    {
      code: 'invalid_config',
      message:
        'alerts dropped 2 rows that its webhook did not take: The webhook at ' +
        `${receiver.url} answered 422: odd The request was: {"bad":1}`,
    },
  ]);
  receiver.reply = () => ({ status: 404 });
  await expect(append(open({ onError }), ['{"a":1}'])).rejects.toMatchObject({
    code: 'invalid_config',
  });
});

test('refused rows are given to be kept where the table says so, in their order, once', async () => {
  receiver.reply = ({ body }) => ({ status: body.includes('bad') ? 422 : 200, body: 'odd' });
  const onError = { kind: 'quarantine', patienceMs: undefined } as const;
  const sink = open({ onError, concurrency: 3 });
  await append(sink, ['{"bad":1}', '{"a":2}', '{"bad":3}']);
  const kept = sink
    .takeRefused()
    .map(({ place, body, error }) => [place, Buffer.from(body).toString(), error.code]);
  expect(kept).toEqual([
    ['0', '{"bad":1}', 'invalid_config'],
    ['18', '{"bad":3}', 'invalid_config'],
  ]);
  expect(sink.droppedCount).toBe(2);
  expect(problems[0]?.message).toContain('alerts put 2 rows into quarantine that its webhook did');
  expect(sink.takeRefused()).toEqual([]);
});

test('a row that is not taken for long is dropped where the table says how long', async () => {
  receiver.reply = ({ body }) => ({ status: body === '{"a":1}' ? 500 : 200 });
  const sink = open({ onError: { kind: 'drop', patienceMs: 60_000 } });
  await append(sink, ['{"a":1}', '{"a":2}']);
  expect(sink.droppedCount).toBe(1);
  expect(receiver.bodies.at(-1)).toBe('{"a":2}');
  expect(waitedMs).toBeGreaterThan(20_000);
  expect(waitedMs).toBeLessThan(60_000);
  expect(problems).toMatchObject([{ code: 'unavailable' }]);
});

test('a stop ends a wait at once, and a request that hangs soon', async () => {
  for (const reply of [{ status: 503 }, 'hang'] as const) {
    const stopping = new AbortController();
    receiver.reply = () => reply;
    const clock: Clock = {
      ...hasty,
      sleep: async (durationMs, signal) => {
        if (durationMs < 5000) return await systemClock.sleep(1_000_000, signal);
        signal?.throwIfAborted();
        return undefined;
      },
    };
    const before = receiver.received.length;
    const sink = open({}, { clock, stopping: stopping.signal });
    const appended = append(sink, ['{"a":1}']);
    await receiver.until(before + 1);
    stopping.abort();
    await expect(appended).rejects.toMatchObject({
      code: 'cancelled',
      message: `Calling ${receiver.url} was given up: the pipeline stops.`,
    });
  }
});

test.each([
  ['a secret that is not there', { headers: { 'x-a': '{{ NAME }}' } }, 'secret_missing'],
  ['a metadata address', { endpoint: 'http://169.254.169.254/x' }, 'not_allowed'],
])('%s shows when it opens', async (_, change, code) => {
  const missing = async (): Promise<string> => {
    const { HeliosError: Failure } = await import('../../base/errors.ts');
    throw new Failure('secret_missing', 'It is not there.');
  };
  await expect(open(change, { secrets: { resolve: missing } }).prepare()).rejects.toMatchObject({
    code,
  });
});

test('a secret with a line break in it is no header, and is not shown', async () => {
  const secrets = { resolve: async () => await Promise.resolve('one\ntwo') };
  await expect(open({ endpoint: receiver.url }, { secrets }).prepare()).rejects.toMatchObject({
    code: 'invalid_config',
    message: "The value of the header authorization can't be sent.",
  });
});
