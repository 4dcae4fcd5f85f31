/** One line of the results: a number, what it is held against, and whether the goal is met. */
export type Measurement = {
  /** The same text in every run: results of two runs are told apart by it. */
  readonly what: string;
  readonly value: string;
  /** The same in the same run by something else, or a limit of the machine; empty if none. */
  readonly peer: string;
  /** Helios to the peer, the way round that the goal has it; undefined where there is no peer. */
  readonly ratio: number | undefined;
  readonly goal: string;
  /** Undefined when the run was too small to tell. */
  readonly isMet: boolean | undefined;
  /** Whether the peer did better, goal or no goal. */
  readonly isBehindPeer: boolean;
  /** More to know about the number; may be empty. */
  readonly detail: string;
};

/** What a benchmark's process hands to the harness, one a line on its stdout. */
export function report(measurement: Measurement): void {
  process.stdout.write(`${JSON.stringify(measurement)}\n`);
}

/** For whoever watches. */
export function say(text: string): void {
  process.stderr.write(`  ${text}\n`);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least `share` of the values don't exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const index = Math.max(0, Math.ceil(sorted.length * share) - 1);
  return sorted[index] ?? Number.NaN;
}

export function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${thousands(value)} ms`;
}

export function seconds(valueMs: number): string {
  return `${(valueMs / 1000).toFixed(2)} s`;
}

export function megabytes(bytes: number): string {
  return `${thousands(bytes / 1e6)} MB`;
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** Runs `action` and gives its result with how long it took. */
export async function timed<T>(action: () => Promise<T>): Promise<{ result: T; tookMs: number }> {
  const startedAtMs = performance.now();
  const result = await action();
  return { result, tookMs: performance.now() - startedAtMs };
}
