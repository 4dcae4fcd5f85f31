import type { Clock } from '../base/clock.ts';
import type { EpochMs } from '../event/record.ts';
import type { DamagedStream } from '../log/log.ts';
import type { PipelineInfo } from '../pipeline/pipeline.ts';
import { type Check, fail, type Finding, found, type NamedFinding, ok, warn } from './check.ts';
import { dataDirectoryChecks } from './data-directory.ts';
import { machineChecks } from './machine.ts';

export type Examination = {
  /** When it began. */
  readonly atMs: EpochMs;
  readonly durationMs: number;
  readonly findings: readonly NamedFinding[];
};

export type Patient = {
  /** Held by this process. Absolute. */
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly pipelines: () => readonly Pick<PipelineInfo, 'name' | 'state'>[];
  readonly damagedStreams: () => readonly DamagedStream[];
  /**
   * Why the state isn't kept where it survives this machine; undefined while it is. Absent where
   * the data directory alone has it.
   */
  readonly stateFailure?: (() => string | undefined) | undefined;
};

/** Examines the Helios that it is part of. */
export class Doctor {
  readonly #patient: Patient;
  #running: Promise<Examination> | undefined;

  constructor(patient: Patient) {
    this.#patient = patient;
  }

  /** Whoever asks while one goes on shares it: it writes to the disk and starts processes. */
  examine(): Promise<Examination> {
    this.#running ??= this.#examine().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #examine(): Promise<Examination> {
    const { dataDirectory, clock } = this.#patient;
    const [atMs, startMs] = [clock.nowMs(), clock.monotonicMs()];
    const checks = [
      ...machineChecks(clock),
      ...dataDirectoryChecks(dataDirectory, { clock, isHeld: true }),
      ...runningChecks(this.#patient),
    ];
    const findings: NamedFinding[] = [];
    // One after the other: together they would measure each other.
    for (const check of checks) findings.push(await found(check));
    return { atMs, durationMs: clock.monotonicMs() - startMs, findings };
  }
}

function runningChecks({ pipelines, damagedStreams, stateFailure }: Patient): readonly Check[] {
  return [
    {
      name: 'streams',
      why: 'A stream that is damaged takes no events, and what reads it stands still.',
      run: async () => streamFinding(damagedStreams()),
    },
    {
      name: 'pipelines',
      why: 'Tables of a pipeline that stands still say nothing of what has come since.',
      run: async () => pipelineFinding(pipelines()),
    },
    ...(stateFailure === undefined ? [] : [stateCheck(stateFailure)]),
  ];
}

function stateCheck(failure: () => string | undefined): Check {
  return {
    name: 'state',
    why: 'Another machine can take over only what is kept outside of this one.',
    run: async () => stateFinding(failure()),
  };
}

function streamFinding(damaged: readonly DamagedStream[]): Finding {
  if (damaged.length === 0) return ok('none is damaged');
  const [first] = damaged;
  const messages = damaged.map(({ error }) => error.message).join(' ');
  return fail(messages, first?.error.hint ?? 'Restore its files from a copy.');
}

function pipelineFinding(all: ReturnType<Patient['pipelines']>): Finding {
  const inTrouble = all.filter(({ state }) => state === 'failed' || state === 'retrying');
  if (inTrouble.length === 0) {
    return ok(all.length === 1 ? 'the one is well' : `all ${all.length} are well`);
  }
  const names = inTrouble.map(({ name, state }) => `${name} (${state})`).join(', ');
  return warn(`not well: ${names}`, 'The page of each says why; so does helios pipeline list.');
}

function stateFinding(failure: string | undefined): Finding {
  if (failure === undefined) return ok('is kept as it should be');
  return warn(failure, 'Events are taken meanwhile; see that the object store can be reached.');
}
