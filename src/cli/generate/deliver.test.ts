import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi, runToEnd, startCli, type Answer } from '../testing/fixture.ts';

let api: FakeApi;

beforeEach(async () => {
  api = await FakeApi.start();
});

afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

const quick = ['generate', '--rate', 'max', '--seed', '1'];
const slow = { error: { code: 'too_busy', message: 'Behind.', id: 'r' } };

function answers(...given: readonly Answer[]): void {
  let asked = 0;
  api.routes['POST /ingest/events'] = () => given[Math.min(asked++, given.length - 1)] ?? {};
}

/** Real time, but waits are noted and not waited. */
function impatient(): { waitsMs: number[]; clock: Parameters<typeof startCli>[1] } {
  const waitsMs: number[] = [];
  const clock = {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    sleep: async (durationMs: number) => void waitsMs.push(durationMs),
  };
  return { waitsMs, clock: { clock, environment: { HELIOS_URL: api.url } } };
}

describe('generate', () => {
  test('posts NDJSON and reports what was accepted', async () => {
    answers({ body: 'ok' });
    const environment = { HELIOS_URL: api.url };
    const result = await runToEnd([...quick, '--count', '25000', '--json'], { environment });
    expect(result.exitCode).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      v: 1,
      accepted: 25_000,
      refused: 0,
      unknown: 0,
    });
    const lines = api.seen.flatMap(({ body }) => String(body).trimEnd().split('\n'));
    expect(lines).toHaveLength(25_000);
    const keys = api.seen.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(api.seen.length);
  });

  test('waits as long as Helios asks, and sends the same again under the same key', async () => {
    const retryAfter = { status: 429, headers: { 'retry-after': '3' }, body: slow };
    answers(
      retryAfter,
      { status: 503, body: { error: { ...slow.error, code: 'unavailable' } } },
      {},
    );
    const { waitsMs, clock } = impatient();
    const result = await runToEnd([...quick, '--count', '10', '--json'], clock);
    expect(JSON.parse(result.stdout)).toMatchObject({ accepted: 10, refused: 0, retries: 2 });
    expect(waitsMs[0]).toBe(3_000);
    expect(waitsMs[1]).toBeLessThanOrEqual(400);
    expect(new Set(api.seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(new Set(api.seen.map(({ body }) => body)).size).toBe(1);
  });

  test('says what was refused, and why', async () => {
    const error = { code: 'not_found', message: 'There is no stream events.', id: 'r' };
    answers({}, { status: 404, body: { error } });
    const result = await runToEnd([...quick, '--count', '30000'], {
      environment: { HELIOS_URL: api.url },
    });
    expect(result.exitCode).toBe(4);
    expect(result.stderr).toContain('20,000 events accepted');
    expect(result.stderr).toContain('10,000 refused.');
    expect(result.stderr).toContain('error: There is no stream events.');
  });

  test('gives up after many refusals', async () => {
    answers({ status: 429, body: slow });
    const { waitsMs, clock } = impatient();
    const result = await runToEnd([...quick, '--count', '5'], clock);
    expect(result.exitCode).toBe(1);
    expect(waitsMs).toHaveLength(19);
    expect(result.stderr).toContain('5 refused');
  });

  test('prints instead of posting, the same for the same seed', async () => {
    const clock = { nowMs: () => 1_000_000, monotonicMs: () => 0, sleep: async () => undefined };
    const words = [...quick, '--count', '50', '--malformed', '20%', '--stdout'];
    const [first, second] = [await runToEnd(words, { clock }), await runToEnd(words, { clock })];
    expect(first.exitCode).toBe(0);
    expect(first.stdout.trimEnd().split('\n')).toHaveLength(50);
    expect(second.stdout).toBe(first.stdout);
    expect(api.seen).toEqual([]);
  });

  test('Ctrl+C ends it with its report', async () => {
    answers({});
    const run = startCli(['generate', '--rate', '1000'], { environment: { HELIOS_URL: api.url } });
    while (api.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    run.interrupt();
    expect(await run.exitCode).toBe(130);
    expect(run.stderr()).toContain('events accepted');
  });
});
