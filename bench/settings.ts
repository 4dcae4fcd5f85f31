import { parseArgs } from 'node:util';

/** What the command line of a benchmark, and of the harness, may say. */
export type Settings = {
  /** Names of benchmarks; a benchmark itself takes none. */
  readonly names: readonly string[];
  /** Sizes and durations are multiplied by it; below 1 the numbers are a trial, not results. */
  readonly scale: number;
  /** Rows of the table of `top5`, of the file of `json-delta`, of the topics of `streaming`. */
  readonly rows: number | undefined;
  /** How often each measurement is repeated. */
  readonly rounds: number | undefined;
  /** Which queries of `streaming`; all of them unless given. */
  readonly queries: readonly string[] | undefined;
  /** Which systems `streaming` runs, by the first word of their names; all unless given. */
  readonly systems: readonly string[] | undefined;
  /** How long `care` takes in events, whatever the scale. */
  readonly minutes: number | undefined;
};

/**
 * Reads `NAME… --scale 0.1 --rows 100000000 --rounds 3 --minutes 10`, and for `streaming`
 * `--queries hop,q5 --systems helios,flink`; throws at anything else.
 */
export function readSettings(): Settings {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      scale: { type: 'string', default: '1' },
      rows: { type: 'string' },
      rounds: { type: 'string' },
      minutes: { type: 'string' },
      queries: { type: 'string' },
      systems: { type: 'string' },
    },
  });
  return {
    names: positionals,
    scale: positive('scale', values.scale),
    rows: values.rows === undefined ? undefined : positive('rows', values.rows),
    rounds: values.rounds === undefined ? undefined : positive('rounds', values.rounds),
    minutes: values.minutes === undefined ? undefined : positive('minutes', values.minutes),
    queries: values.queries?.split(','),
    systems: values.systems?.split(','),
  };
}

/** The count at the run's scale, a whole number of at least `least`. */
export function scaled(settings: Settings, count: number, least = 1): number {
  return Math.max(least, Math.round(count * settings.scale));
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} is "${text}"; it must be a number above 0.`);
  return value;
}
