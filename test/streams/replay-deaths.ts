import { expect } from 'vitest';
import type { ReplayAnswer } from '../../src/server/quarantine/quarantine-api.ts';
import type { HeliosProcess } from '../process/helios-process.ts';
import { until } from './until.ts';

export type Deaths = {
  /** Starts Helios, which dies at a crash point where one is named. */
  readonly begin: (crashAt: string | undefined) => HeliosProcess;
  /** One that runs. It is stopped. */
  readonly first: HeliosProcess;
  /** Name → the SQL by which its rejected records pass. */
  readonly pipelines: ReadonlyMap<string, string>;
  readonly crashPoints: readonly string[];
  readonly afterDeath?: () => Promise<unknown>;
};

/**
 * Edits the pipelines and replays all that they have rejected, on one process after the other, each
 * of which is killed at a point; gives the last one, and what its replays have come to.
 */
export async function replayThroughDeaths(
  deaths: Deaths,
): Promise<{ readonly helios: HeliosProcess; readonly replays: readonly ReplayAnswer[] }> {
  const { begin, first, pipelines, crashPoints, afterDeath } = deaths;
  for (const [name, sql] of pipelines) {
    await first.call('PATCH', `/api/v1/pipelines/${name}`, { sql });
  }
  expect((await first.stop()).code).toBe(0);
  for (const crashPoint of crashPoints) {
    const dying = begin(crashPoint);
    const asking = dying.ready().then(async () => await askAll(dying, pipelines));
    await Promise.race([asking.catch(() => undefined), dying.exited]);
    expect([crashPoint, (await dying.exited).signal]).toEqual([crashPoint, 'SIGKILL']);
    await afterDeath?.();
  }
  const helios = begin(undefined);
  await helios.ready();
  const replays: ReplayAnswer[] = [];
  for (const { id } of await askAll(helios, pipelines)) {
    const path = `/api/v1/quarantine/replays/${id}`;
    const ask = async (): Promise<ReplayAnswer> => await helios.call('GET', path);
    replays.push(await until(ask, ({ state }) => state === 'done'));
  }
  return { helios, replays };
}

/** The same request from everybody who comes: each is one replay. */
async function askAll(
  helios: HeliosProcess,
  pipelines: Deaths['pipelines'],
): Promise<readonly ReplayAnswer[]> {
  const asked: ReplayAnswer[] = [];
  for (const pipeline of pipelines.keys()) {
    const body = { pipeline, key: 'once' };
    asked.push(await helios.call('POST', '/api/v1/quarantine/replay', body));
  }
  return asked;
}
