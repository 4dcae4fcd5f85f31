import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, temporaryRoot } from '../workspace.ts';

/** Of all inputs' events: nothing is ahead of any machine's clock. */
export const startAt = '2025-11-01 00:00:00';
const startMs = Date.parse(`${startAt.replace(' ', 'T')}Z`);
const endAfterMs = 3_600_000;
/** Events come so much too late at most, as a producer's network has it. */
export const disorderMs = 2_000;
/** What watermarks allow for it. */
export const delaySeconds = 4;

/** A topic's content, and how each system says what it is. */
export type Input = {
  readonly name: string;
  /** Event time from the first to the last event, however many there are. */
  readonly spanSeconds: number;
  /** SELECT of so many events in the order in which they are sent; times as text. */
  readonly events: (count: number) => string;
  /** `columns` of DuckDB's read_json. */
  readonly readColumns: string;
  /** One JSON object with this time, that no query's result has anything of. */
  readonly endEvent: (at: string) => string;
  /** CREATE TABLE and VIEW; `$options` stands for how the topic is reached. */
  readonly helios: string;
  readonly flink: readonly string[];
  readonly spark: SparkInput;
  /** Views of DuckDB over the relation `input`. */
  readonly oracle: readonly string[];
};

export type SparkInput = {
  /** For from_json. */
  readonly columns: string;
  /** An expression over them, of type TIMESTAMP. */
  readonly time: string;
  /** Names and SELECTs over the relation `input`, which has the time as `event_time`. */
  readonly views: Readonly<Record<string, string>>;
};

/** When all windows of an input's events are over, and no event of it is later. */
export function cutoffMs(input: Input): number {
  return startMs + input.spanSeconds * 1000 + endAfterMs / 2;
}

/** An event that moves the watermark behind all windows; it comes last in each partition. */
export function endEvent(input: Input): string {
  const at = new Date(startMs + input.spanSeconds * 1000 + endAfterMs).toISOString();
  return input.endEvent(at);
}

/** A SELECT expression: when event `i` of `count` is, as text, up to `disorderMs` too early. */
export function eventTime(spanSeconds: number, count: number): string {
  const microseconds = `CAST(i * ${(spanSeconds * 1e6) / count} AS BIGINT)`;
  const late = `(hash(i * 7919 + 3) % ${disorderMs})::BIGINT`;
  return `strftime(TIMESTAMP '${startAt}' + to_microseconds(${microseconds})
    - to_milliseconds(${late}), '%Y-%m-%dT%H:%M:%S.%gZ')`;
}

/** NDJSON of so many events; made once, and kept in the system's temporary folder. */
export async function inputFile(input: Input, count: number): Promise<string> {
  const folder = join(tmpdir(), temporaryRoot);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${input.name}-${count}.ndjson`);
  if (existsSync(path)) return path;
  const partial = `${path}.${process.pid}`;
  using engine = await openEngine();
  const select = input.events(count);
  await engine.connection.execute(`COPY (${select}) TO '${partial}' (FORMAT json, ARRAY false)`);
  renameSync(partial, path);
  return path;
}
