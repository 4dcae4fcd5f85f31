import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CrashPointName } from '../../src/base/crash-point.ts';
import { SeededRandom } from '../../src/cli/generate/random.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { produce } from '../peers/kafka-producers.ts';
import type { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { Machines } from './state-fixture.ts';

export type StateTorture = {
  readonly deaths: number;
  readonly seed: number;
  readonly log: (line: string) => void;
};

const points: readonly [CrashPointName, ...CrashPointName[]] = [
  'after-part',
  'before-manifest',
  'after-manifest',
  'after-data-file',
  'before-commit',
  'after-commit',
  'after-kept-parts',
  'after-state',
  'during-restore',
];
/** How often a disk survives: then it is newer than the store, or older. */
const survivalShare = 0.4;
const zombieShare = 0.25;
/** A point that is not come by is not waited for. */
const lifeMsMax = 15_000;
const stateName = 'torture/state';

/**
 * Machines die one after the other, most of them with their disks; some only sleep, and wake up
 * when another one has taken over. In the end each record has to be there once.
 */
export async function tortureState({ deaths, seed, log }: StateTorture): Promise<boolean> {
  const parts = await kafkaParts();
  await using machines = await Machines.create();
  if (parts === undefined || machines === undefined) throw new Error('It needs Kafka and moto.');
  await using broker = await KafkaBroker.create(parts);
  await broker.createTopic('numbers', 2);
  const random = new SeededRandom(seed);
  const world = { machines, random, log, send: sender(broker), zombies: new Set<HeliosProcess>() };
  let helios = await machines.start('a', machines.place(stateName));
  const sql = scriptOf(broker, machines.place('torture/lake'));
  await helios.call('POST', '/api/v1/pipelines', { name: 'numbers', sql });
  for (let death = 1; death <= deaths; death++) helios = await succeed(world, helios, death);
  const sent = await world.send(10);
  const [row] = await until(
    async () => (await helios.query(facts)).rows,
    ([counts]) => Number(counts?.[0]) >= sent,
  );
  await helios.stop();
  log(`${sent} records sent; count, distinct, least, greatest: ${row?.join(', ')}`);
  const codes = await Promise.all(
    [...world.zombies].map(async ({ exited }) => (await exited).code),
  );
  log(`zombies ended with ${codes.join(', ') || 'nothing: there was none'}`);
  const isOnce = row?.map(Number).join() === [sent, sent, 0, sent - 1].join();
  return isOnce && codes.every((code) => code === 6);
}

const facts = 'SELECT count(*), count(DISTINCT n), min(n), max(n) FROM kept';

type World = {
  readonly machines: Machines;
  readonly random: SeededRandom;
  readonly log: (line: string) => void;
  readonly send: (count: number) => Promise<number>;
  readonly zombies: Set<HeliosProcess>;
};

/** Ends one machine, by what was chosen for it when it began, and gives the next. */
async function succeed(world: World, before: HeliosProcess, death: number): Promise<HeliosProcess> {
  const { machines, random, log, send, zombies } = world;
  const isTired = random.chance(zombieShare);
  const lifeMs = random.next() * lifeMsMax;
  const endMs = performance.now() + lifeMs;
  while (before.isRunning && !isAsleep(before) && performance.now() < endMs) {
    await send(10);
    await sleep(100);
  }
  const isZombie = isTired && before.isRunning;
  const how = before.isRunning ? (isZombie ? 'sleeps' : 'killed') : 'died where it was told';
  if (before.isRunning) before.kill(isZombie ? 'SIGSTOP' : 'SIGKILL');
  if (isZombie) zombies.add(before);
  else await before.exited;
  const disk = isZombie ? `z${death}` : random.pick(['a', 'b']);
  const isKept = random.chance(survivalShare);
  const held = isZombie ? undefined : disk;
  if (held !== undefined) {
    // They were woken when the one before began: their disks are free when they have ended.
    for (const { exited } of zombies) await exited;
    if (!isKept) await rm(machines.disk(held), { recursive: true, force: true });
  }
  const armed = `${random.pick(points)}:${1 + random.below(4)}`;
  log(`${death}: ${how} after ${Math.round(lifeMs)} ms; next on ${disk}, ${armed}`);
  return await begin(world, disk, armed);
}

/** One that dies before it is ready is followed by one that nothing kills. */
async function begin(world: World, disk: string, armed: string): Promise<HeliosProcess> {
  const { machines, zombies } = world;
  const place = machines.place(stateName);
  const first = machines.begin(disk, place, { environment: { HELIOS_CRASH_AT: armed } });
  const isReady = await first.ready().then(
    () => true,
    () => false,
  );
  const helios = isReady ? first : await machines.start(disk, place);
  for (const zombie of zombies) if (zombie.isRunning) zombie.kill('SIGCONT');
  return helios;
}

function isAsleep({ pid }: HeliosProcess): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('T') ?? false;
  } catch {
    return false;
  }
}

/** Sends so many more, and gives how many there are. */
function sender(broker: KafkaBroker): World['send'] {
  let sent = 0;
  return async (count) => {
    const records = Array.from({ length: count }, (_, index) => ({
      value: Buffer.from(`{"n":${sent + index}}`),
    }));
    await produce(broker, 'numbers', records);
    sent += count;
    return sent;
  };
}

function scriptOf(broker: KafkaBroker, lake: string): string {
  return `CREATE TABLE numbers (n BIGINT) WITH (connector = 'kafka', topic = 'numbers',
      bootstrap_servers = '${broker.bootstrap.plaintext}', format = 'json',
      'source.offset' = 'earliest');
    CREATE TABLE kept WITH (connector = 'delta', path = '${lake}', rollover_seconds = 1);
    INSERT INTO kept SELECT n FROM numbers;`;
}
