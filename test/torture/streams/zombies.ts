import { globSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CrashPointName } from '../../../src/base/crash-point.ts';
import { SeededRandom } from '../../../src/cli/generate/random.ts';
import { KafkaBroker, type KafkaParts } from '../../peers/kafka.ts';
import { HeliosProcess } from '../../process/helios-process.ts';
import { until as untilIn } from '../../streams/until.ts';
import { type Verdict } from '../judge.ts';
import type { TortureOptions, TortureReport } from '../run.ts';
import { type Folders, makeFolders } from '../workload.ts';
import type { StreamLoad } from './events.ts';
import { partitions, plainLoad, topic } from './kafka.ts';
import { judgeTrial, postsOf, startLoads, stopPipeline, untilPosts } from './trial.ts';
import * as workload from './workload.ts';

export type ZombieOptions = Pick<TortureOptions, 'seed' | 'root' | 'folder' | 'python' | 'log'> & {
  readonly parts: KafkaParts;
  /** The cases take turns. */
  readonly rounds: number;
};

export type ZombieReport = Pick<TortureReport, 'verdicts' | 'faults'> & {
  /** Zombies that woke up and said that they had been fenced. */
  readonly fenced: number;
  /** Standbys that took over when a sleeper died, and never before. */
  readonly tookOver: number;
};

/** Where the first one falls asleep, and whether its lock outlives that. */
type Case =
  | { readonly lock: 'kept' }
  | {
      readonly lock: 'lost';
      readonly first: CrashPointName | 'anywhere';
      /** Where the second one falls asleep, too: the first wakes up before it. */
      readonly second?: CrashPointName;
    };

/**
 * What a lock that the system drops with its process leaves: none takes over from one that only
 * sleeps. Where the lock is lost (a network file system; here its file is removed), the manifest
 * alone says who goes on: asleep anywhere, all but done with an epoch, with a roll, and both of
 * them with the same roll.
 */
const cases: readonly Case[] = [
  { lock: 'lost', first: 'before-manifest' },
  { lock: 'kept' },
  { lock: 'lost', first: 'before-commit' },
  { lock: 'lost', first: 'anywhere' },
  { lock: 'lost', first: 'before-commit', second: 'after-data-file' },
  { lock: 'lost', first: 'after-part' },
];

/**
 * Elsewhere one may sleep half-way through an append to a file, which nothing protects from what it
 * has yet to write.
 */
const pointsBetweenAppends: ReadonlySet<string> = new Set(['after-part', 'before-manifest']);

const pipelinePath = `/api/v1/pipelines/${workload.pipelineName}`;
const sleepMsMax = 1500;
const patienceMs = 300_000;
/** Rows that have to come before something counts as running. */
const rowsOfProgress = 200;
/** More than there are manifests kept, so that a zombie's next number is free again. */
const epochsOfProgress = 20;

/**
 * Two processes with one data directory and one pipeline, while events keep coming:
 *
 * ```
 * first   reads ─▶ asleep ·························· awake ─▶ commits? ─▶ fenced
 * second                    takes over ─▶ reads ─▶ commits ─▶ …                  ─▶ all is there
 * ```
 */
export async function wakeZombies(options: ZombieOptions): Promise<ZombieReport> {
  const random = new SeededRandom(options.seed);
  const verdicts: Verdict[] = [];
  const faults: string[] = [];
  const ends = { fenced: 0, tookOver: 0 };
  await using broker = await KafkaBroker.create(options.parts);
  for (let round = 0; round < options.rounds; round++) {
    const folders = makeFolders(join(options.folder, `zombies-${round}`));
    const plan = cases[round % cases.length]!;
    await broker.createTopic(topic, partitions);
    const loads = [plainLoad(broker.bootstrap.plaintext)];
    const night = new Night(options.root, folders, random);
    const running = startLoads({ loads }, folders, random);
    try {
      await night.begin(broker.bootstrap.plaintext, plan);
      ends[plan.lock === 'kept' ? await night.standby(running) : await night.race(plan, running)]++;
    } catch (thrown) {
      faults.push(`zombies, ${JSON.stringify(plan)}: ${String(thrown)}\n${night.output}`);
    } finally {
      await postsOf(running);
      await night.end();
    }
    verdicts.push(...judgeTrial(options.python, folders, { loads }));
    await broker.deleteTopic(topic);
    options.log(`${round + 1} of ${options.rounds} zombies: ${JSON.stringify(plan)}`);
  }
  return { verdicts, faults, ...ends };
}

/** One such story. */
class Night {
  readonly #root: string;
  readonly #folders: Folders;
  readonly #random: SeededRandom;
  #first: HeliosProcess | undefined;
  #second: HeliosProcess | undefined;

  constructor(root: string, folders: Folders, random: SeededRandom) {
    this.#root = root;
    this.#folders = folders;
    this.#random = random;
  }

  /** The first one runs the pipeline; where it falls asleep at a point, it may do so right away. */
  async begin(bootstrap: string, plan: Case): Promise<void> {
    const place: workload.StreamPlace = {
      kind: 'kafka',
      name: topic,
      options: { bootstrap_servers: bootstrap },
    };
    const isTableOnly = plan.lock === 'lost' && !pointsBetweenAppends.has(plan.first);
    await using maker = this.#start();
    await maker.ready();
    await workload.createPipeline(maker, this.#folders, { place, isTableOnly });
    await progress(maker);
  }

  /** Nobody takes over from a sleeper that holds the lock, but at once from one that died. */
  async standby(loads: readonly StreamLoad[]): Promise<'tookOver'> {
    const first = (this.#first = this.#start());
    await first.ready();
    const second = (this.#second = this.#start(undefined, ['--standby']));
    await until(
      async () => second.output,
      (output) => output.includes('Standing by'),
    );
    await this.#sleeps(first);
    await pause(this.#random.next() * sleepMsMax);
    const said = second.output;
    if (said.includes('http://') || !second.isRunning) {
      throw new Error('the standby took over from one that was only asleep');
    }
    first.kill('SIGCONT');
    await progress(first);
    await this.#sleeps(first);
    first.kill('SIGKILL');
    await first.exited;
    await second.ready();
    await finish(second, loads);
    return 'tookOver';
  }

  /** Two owners: one of them is fenced, says so, and the other has everything once. */
  async race(
    plan: Extract<Case, { readonly lock: 'lost' }>,
    loads: readonly StreamLoad[],
  ): Promise<'fenced'> {
    const isAnywhere = plan.first === 'anywhere';
    const first = (this.#first = this.#start(plan.first === 'anywhere' ? undefined : plan.first));
    if (isAnywhere) {
      await first.ready();
      await this.#sleeps(first);
    }
    await until(async () => isStopped(first.pid), Boolean);
    const known = newestEpoch(this.#folders);
    rmSync(join(this.#folders.data, 'lock.db'));
    const second = (this.#second = this.#start(plan.second));
    if (plan.second === undefined) {
      await second.ready();
      await until(
        async () => newestEpoch(this.#folders),
        (newest) => newest > known + epochsOfProgress,
      );
    } else await until(async () => isStopped(second.pid), Boolean);
    first.kill('SIGCONT');
    await first.ready();
    second.kill('SIGCONT');
    await second.ready();
    const owners = [first, second];
    const isLost = await until(
      async () => {
        await checkAsleep(first, known);
        return await Promise.all(owners.map(isFenced));
      },
      (found) => found.includes(true),
    );
    if (plan.second === undefined && isLost[0] !== true) throw new Error('the zombie went on');
    const winner = isLost[0] === true ? second : first;
    await finish(winner, loads);
    if (await isFenced(winner)) throw new Error('both were fenced');
    await checkAsleep(first, known);
    return 'fenced';
  }

  get output(): string {
    return [this.#first, this.#second].map((one) => one?.output ?? '').join('\n---\n');
  }

  async end(): Promise<void> {
    for (const one of [this.#first, this.#second]) await one?.[Symbol.asyncDispose]();
  }

  /** After a while. */
  async #sleeps(helios: HeliosProcess): Promise<void> {
    await pause(this.#random.next() * sleepMsMax);
    helios.kill('SIGSTOP');
    await until(async () => isStopped(helios.pid), Boolean);
  }

  #start(asleepAt?: CrashPointName, options: readonly string[] = []): HeliosProcess {
    return new HeliosProcess({
      dataDirectory: this.#folders.data,
      root: this.#root,
      options,
      environment: {
        ...workload.environment,
        ...(asleepAt === undefined ? {} : { HELIOS_CRASH_AT: `${asleepAt}:2:SIGSTOP` }),
      },
    });
  }
}

/** However busy the machine is. */
async function until<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  return await untilIn(ask, isRight, patienceMs);
}

/** Until more rows can be seen than now. */
async function progress(helios: HeliosProcess): Promise<void> {
  const count = async (): Promise<number> =>
    await helios.queryNumber(`SELECT count(*) FROM ${workload.tableName}`).catch(() => 0);
  const before = await count();
  await until(count, (now) => now > before + rowsOfProgress);
}

async function finish(winner: HeliosProcess, loads: readonly StreamLoad[]): Promise<void> {
  await untilPosts(winner, await postsOf(loads));
  await stopPipeline(winner);
}

async function isFenced(helios: HeliosProcess): Promise<boolean> {
  type State = { readonly state: string; readonly error?: { readonly code: string } };
  const { state, error } = await helios.call<State>('GET', pipelinePath);
  if (state !== 'failed') return false;
  if (error?.code !== 'fenced') throw new Error(`an owner failed: ${JSON.stringify(error)}`);
  return true;
}

/** The newest one that is true. */
function newestEpoch({ data }: Folders): number {
  const names = globSync('pipelines/*/manifests/*.json', { cwd: data });
  return Math.max(...names.map((name) => Number(basename(name, '.json'))));
}

/** The zombie publishes nothing beyond what was true when the other one took over. */
async function checkAsleep(first: HeliosProcess, known: number): Promise<void> {
  const { epoch } = await first.call<{ readonly epoch: number }>('GET', pipelinePath);
  if (epoch > known) throw new Error(`the zombie has published epoch ${epoch} after ${known}`);
}

/** Stopped by a signal, as /proc says. */
function isStopped(pid: number): boolean {
  return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

async function pause(durationMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, durationMs));
}
