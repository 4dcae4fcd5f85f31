import { expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { type LogEvent, LogShipper } from './log-shipper.ts';
import { watchMetrics } from './watch-metrics.ts';

/** A clock whose sleeps end at once, each a turn of the loop that sleeps. */
function clockOf(onSleep: (turn: number) => void = () => undefined) {
  let nowMs = 1_795_000_000_000;
  let turn = 0;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (durationMs: number) => {
      nowMs += durationMs;
      onSleep(++turn);
      return Promise.resolve();
    },
  };
}

function shipper(send: (events: readonly LogEvent[]) => Promise<void>) {
  const troubles: string[] = [];
  const clock = clockOf();
  const options = { send, clock, onTrouble: (words: string) => void troubles.push(words) };
  return { shipper: new LogShipper(options), troubles };
}

test('lines go in order, in batches that CloudWatch takes', async () => {
  const sent: (readonly LogEvent[])[] = [];
  const { shipper: ship } = shipper((events) => Promise.resolve(void sent.push(events)));
  for (let index = 0; index < 15_000; index++) ship.add(`line ${index}`);
  ship.add('   ');
  for (let index = 0; index < 30; index++) ship.add('é'.repeat(50_000));
  await ship.flush();
  expect(
    sent
      .flat()
      .slice(0, 15_000)
      .map(({ message }) => message),
  ).toEqual(Array.from({ length: 15_000 }, (_, index) => `line ${index}`));
  expect(sent.flat()).toHaveLength(15_030);
  for (const batch of sent) {
    const bytes = batch.reduce((sum, { message }) => sum + Buffer.byteLength(message) + 26, 0);
    expect(bytes).toBeLessThanOrEqual(1_048_576);
    expect(batch.length).toBeLessThanOrEqual(10_000);
  }
});

test('what could not be sent waits, up to a limit, and says what is missing', async () => {
  let isDown = true;
  const sent: string[] = [];
  const { shipper: ship, troubles } = shipper((events) => {
    if (isDown) return Promise.reject(new HeliosError('unreachable', 'away'));
    return Promise.resolve(void sent.push(...events.map(({ message }) => message)));
  });
  for (let index = 0; index < 20_005; index++) ship.add(`line ${index}`);
  await ship.flush();
  expect(troubles).toEqual(['CloudWatch Logs took nothing: away']);
  isDown = false;
  await ship.flush();
  expect(sent.slice(0, 2)).toEqual([
    'helios observe: 5 lines before this one were let go.',
    'line 5',
  ]);
  expect(sent).toHaveLength(20_001);
});

test('at the end what waits is sent', async () => {
  const sent: string[] = [];
  const { shipper: ship } = shipper((events) =>
    Promise.resolve(void sent.push(...events.map(({ message }) => message))),
  );
  ship.add('the last');
  await ship.run(AbortSignal.abort());
  expect(sent).toEqual(['the last']);
});

test('each minute says how Helios is, or why it does not say', async () => {
  const said: string[] = [];
  const controller = new AbortController();
  const answers = [
    'helios_ingest_rejections_total{code="internal"} 1\n',
    undefined,
    'helios_ingest_rejections_total{code="internal"} 4\n',
  ];
  await watchMetrics({
    stack: 'shop',
    ask: () => {
      const answer = answers.shift();
      return answer === undefined ? Promise.reject(new Error('it slept')) : Promise.resolve(answer);
    },
    say: (line) => void said.push(line),
    clock: clockOf((turn) => {
      if (turn === 3) controller.abort();
    }),
    signal: controller.signal,
  });
  expect(said).toHaveLength(3);
  expect(JSON.parse(said[0] ?? '')).toMatchObject({ IngestErrors: 0, Stack: 'shop' });
  expect(said[1]).toBe('helios observe: Helios does not say how it is: it slept');
  expect(JSON.parse(said[2] ?? '')).toMatchObject({ IngestErrors: 3 });
});
