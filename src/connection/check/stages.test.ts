import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { runStages, type Stage } from './stages.ts';

const good = { outcome: 'ok', message: 'Fine.' } as const;

function stage(step: Stage['step'], run: Stage['run'] = () => Promise.resolve(good)): Stage {
  return { step, run };
}

function failing(step: Stage['step']): Stage {
  const failure = new HeliosError('unreachable', 'Not there.', { hint: 'Look.' });
  return stage(step, () => Promise.reject(failure));
}

async function stepsOf(
  stages: readonly Stage[],
  timeoutMs = 60_000,
  abort = new AbortController(),
) {
  const letGo = new AbortController();
  const options = { clock: systemClock, timeoutMs, signal: abort.signal, letGo };
  const steps: string[] = [];
  for await (const step of runStages(stages, options)) {
    steps.push(`${step.step} ${step.outcome} ${step.message} ${step.hint ?? ''}`.trim());
  }
  return { steps, isLetGo: letGo.signal.aborted };
}

test('after a failure nothing is tried', async () => {
  const { steps, isLetGo } = await stepsOf([
    stage('dns'),
    failing('tcp'),
    stage('tls'),
    stage('read'),
  ]);
  expect(steps).toEqual([
    'dns ok Fine.',
    'tcp failed Not there. Look.',
    'tls skipped Not tried, because tcp failed.',
    'read skipped Not tried, because tcp failed.',
  ]);
  expect(isLetGo).toBe(true);
});

test('what takes too long fails, and is told to let go', async () => {
  const never = stage('tcp', () => new Promise(() => undefined));
  const { steps, isLetGo } = await stepsOf([never, stage('tls')], 20);
  expect(steps[0]).toMatch(/^tcp failed It was not done within 0\.02 s\./);
  expect(steps[1]).toBe('tls skipped Not tried, because tcp failed.');
  expect(isLetGo).toBe(true);
});

test('the caller can stop it', async () => {
  const abort = new AbortController();
  const stopping = stage('tcp', () => {
    abort.abort(new HeliosError('cancelled', 'Enough.'));
    return new Promise(() => undefined);
  });
  await expect(stepsOf([stopping, stage('tls')], 60_000, abort)).rejects.toThrow('Enough.');
});

test('a bug is not a step', async () => {
  const broken = stage('tcp', () => Promise.reject(new TypeError('a bug')));
  await expect(stepsOf([broken])).rejects.toThrow('a bug');
});
