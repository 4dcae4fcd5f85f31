import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { crashPointNames, type CrashPointName } from '../../src/base/crash-point.ts';
import type { SeededRandom } from '../../src/cli/generate/random.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import type { PowerCut } from './power-cut.ts';
import type { Target } from './producer.ts';

/** Named places to die: Helios's own, and one in the storage that it knows nothing of. */
export type DeathPoint = CrashPointName | 'before-commit-sync';

export const deathPoints: readonly DeathPoint[] = [...crashPointNames, 'before-commit-sync'];

export type RoundsOptions = {
  readonly dataDirectory: string;
  readonly root: string;
  readonly random: SeededRandom;
  readonly target: Target;
  /** Kills at random moments. */
  readonly kills: number;
  readonly points: readonly DeathPoint[];
  /** Kills at each of these points. */
  readonly pointHits: number;
  readonly powerCut: PowerCut;
  /**
   * In so many deaths, from 0 to 1, the machine's power is cut; in the others only the process
   * dies.
   */
  readonly powerCutShare: number;
  readonly log: (line: string) => void;
  /** Ends the rounds early when something is known to be wrong. */
  readonly isOver: () => boolean;
  /** More kills at random while this says so, whatever was planned. */
  readonly goesOn?: () => boolean;
  readonly environment?: Readonly<Record<string, string>>;
};

export type RoundsReport = {
  readonly kills: number;
  /** How many of them were power cuts, and what those took. */
  readonly powerCuts: number;
  readonly hits: Readonly<Record<DeathPoint, number>>;
  readonly lostBytes: number;
  readonly lostFiles: number;
  readonly faults: readonly string[];
};

/** Where commits of Delta tables and listings of raw files are put. */
const commitFolder = '/(_delta_log|raw_[a-z]+/_helios/.+)$';

/** How long a process may take from its start to its address, after any crash. */
const readyTimeoutMs = 180_000;
/**
 * A point that isn't reached in this time is tried again. A table has a checkpoint every 100
 * commits.
 */
const pointTimeoutMs = 180_000;
const lifeMsMax = 2_500;
const checkIntervalMs = 500;

/** Starts Helios and kills it, over and over, while others send and read. */
export async function runRounds(options: RoundsOptions): Promise<RoundsReport> {
  const rounds = new Rounds(options);
  const plan = planOf(options);
  for (const [index, point] of plan.entries()) {
    if (options.isOver() || rounds.faults.length > 0) break;
    await rounds.one(point);
    if ((index + 1) % 20 === 0) options.log(`${index + 1} of ${plan.length} kills`);
  }
  while (options.goesOn?.() === true && !options.isOver() && rounds.faults.length === 0) {
    await rounds.one(undefined);
    const { kills } = rounds.report();
    if (kills % 20 === 0) options.log(`${kills} kills`);
  }
  return rounds.report();
}

/**
 * In any order, but those during checkpoints last and in a row: a checkpoint that failed is tried
 * again at the next commit, instead of a hundred commits later.
 */
function planOf({ kills, points, pointHits, random }: RoundsOptions): (DeathPoint | undefined)[] {
  const late = 'during-checkpoint';
  const atRandom = Array.from({ length: kills }, () => undefined);
  const hitsOf = (name: DeathPoint) => Array.from({ length: pointHits }, () => name);
  const early = points.filter((name) => name !== late).flatMap(hitsOf);
  return [
    ...shuffled([...atRandom, ...early], random),
    ...points.filter((name) => name === late).flatMap(hitsOf),
  ];
}

class Rounds {
  readonly #options: RoundsOptions;
  readonly #hits = new Map<DeathPoint, number>();
  readonly faults: string[] = [];
  #kills = 0;
  #powerCuts = 0;
  #lostBytes = 0;
  #lostFiles = 0;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  report(): RoundsReport {
    const hits = deathPoints.map((name) => [name, this.#hits.get(name) ?? 0]);
    return {
      kills: this.#kills,
      powerCuts: this.#powerCuts,
      hits: Object.fromEntries(hits) as Record<DeathPoint, number>,
      lostBytes: this.#lostBytes,
      lostFiles: this.#lostFiles,
      faults: this.faults,
    };
  }

  async one(point: DeathPoint | undefined): Promise<void> {
    const attemptsMax = 4;
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      if (await this.#life(point)) {
        if (point !== undefined) this.#hits.set(point, (this.#hits.get(point) ?? 0) + 1);
        // Who builds on a commit that was seen and not yet durable loses it with the power.
        if (point === 'before-commit-sync') await this.#life('after-manifest', true);
        return;
      }
      if (this.faults.length > 0 || this.#options.isOver()) return;
    }
    this.faults.push(`${point} was not reached in ${attemptsMax} lives`);
  }

  /** One life, from start to kill. False: it was to die at a point that it did not reach. */
  async #life(point: DeathPoint | undefined, isPowerCut?: boolean): Promise<boolean> {
    const { random, target, powerCutShare } = this.#options;
    const helios = this.#start(point, isPowerCut);
    // A third of those killed at random die while they come up.
    const isEarly = point === undefined && random.chance(0.33);
    if (!isEarly) await this.#whenReady(helios);
    const waitMs = point === undefined ? random.next() * lifeMsMax : pointTimeoutMs;
    await this.#wait(helios, waitMs);
    const hasDied = !helios.isRunning;
    helios.kill('SIGKILL');
    const { signal } = await helios.exited;
    target.url = undefined;
    this.#kills++;
    if (hasDied && signal !== 'SIGKILL')
      this.faults.push(`helios ended by itself:\n${helios.output}`);
    if (isPowerCut ?? (point !== 'before-commit-sync' && random.chance(powerCutShare)))
      this.#cutPower();
    return point === undefined || hasDied;
  }

  /** Until it is dead, the time is over, or something is known to be wrong. */
  async #wait(helios: HeliosProcess, waitMs: number): Promise<void> {
    const untilMs = Date.now() + waitMs;
    while (helios.isRunning && Date.now() < untilMs && !this.#options.isOver()) {
      const stepMs = Math.max(1, Math.min(checkIntervalMs, untilMs - Date.now()));
      await Promise.race([sleep(stepMs, undefined, { ref: false }), helios.exited]);
    }
  }

  #start(point: DeathPoint | undefined, isPowerCut?: boolean): HeliosProcess {
    const { powerCut, random, dataDirectory, root } = this.#options;
    const recorder = join(import.meta.dirname, 'sync-recorder.ts');
    const isFirst = point === 'during-checkpoint' || isPowerCut === true;
    const nth = isFirst ? 1 : 1 + random.below(3);
    return new HeliosProcess({
      dataDirectory,
      root,
      nodeOptions: ['--import', recorder],
      environment: {
        ...environmentOf(point, nth),
        HELIOS_SYNC_LEDGER: powerCut.ledgerPath,
        ...this.#options.environment,
      },
    });
  }

  async #whenReady(helios: HeliosProcess): Promise<void> {
    try {
      const timeout = sleep(readyTimeoutMs, undefined, { ref: false });
      this.#options.target.url = await Promise.race([
        helios.ready(),
        timeout.then(() => undefined),
      ]);
      if (this.#options.target.url === undefined) this.faults.push('helios did not come up');
    } catch {
      // It died on its way up: at a point, which is fine, or by itself, which `#life` sees.
    }
  }

  #cutPower(): void {
    const lost = this.#options.powerCut.cut();
    this.#powerCuts++;
    this.#lostBytes += lost.bytes;
    this.#lostFiles += lost.files;
  }
}

function environmentOf(point: DeathPoint | undefined, nth: number): Record<string, string> {
  if (point === undefined) return {};
  if (point !== 'before-commit-sync') return { HELIOS_CRASH_AT: `${point}:${nth}` };
  return { HELIOS_CRASH_BEFORE_SYNC: `${nth}:${commitFolder}` };
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const result = [...items];
  for (let index = result.length - 1; index > 0; index--) {
    const other = random.below(index + 1);
    [result[index], result[other]] = [result[other]!, result[index]!];
  }
  return result;
}
