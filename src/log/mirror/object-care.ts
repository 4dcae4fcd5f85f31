import type { EpochMs } from '../../event/record.ts';
import { keyAgeMaxMs } from '../log.ts';
import { encodeObject } from './log-object.ts';
import type { LogObject } from './log-object.ts';
import { mergedPath } from './object-names.ts';
import type { RangeObject } from './object-names.ts';
import { contactMsMax } from './partition-objects.ts';
import type { PartitionObjects } from './partition-objects.ts';

/**
 * Objects are merged and deleted only when they are so old: until then a machine that slept, and
 * puts what others have put meanwhile, finds it.
 */
const keptMsMin: number = 2 * contactMsMax;

/** Fewer than these stay as they are. */
const mergedCountMin = 32;
const mergedCountMax = 4_096;
const mergedBytesMax = 64 * 1024 * 1024;

/** Requests that may be under way for this at once. */
const requestsMax = 16;

export type ObjectCare = {
  readonly objects: PartitionObjects;
  /** What lies before it is past its retention, and no pipeline needs it. */
  readonly startOffset: number;
  readonly nowMs: EpochMs;
};

/**
 * Deletes objects that nobody needs, and makes few of many. The newest always stays: it says where
 * the log ends. Objects stay while their keys count.
 */
export async function careForObjects(care: ObjectCare): Promise<void> {
  const { objects, nowMs } = care;
  const { objects: chain, left } = await objects.list();
  const keptSinceMs = nowMs - keptMsMin;
  await deleteAll(
    objects,
    left.filter(({ modifiedAtMs }) => modifiedAtMs < keptSinceMs),
  );
  const firstKept = chain.findIndex(({ end, modifiedAtMs }) => {
    return (end ?? Infinity) > care.startOffset || modifiedAtMs >= nowMs - keyAgeMaxMs;
  });
  const expired = chain.slice(0, Math.max(0, Math.min(firstKept, chain.length - 1)));
  // One after the other, oldest first: a crash must not leave a gap.
  for (const { path } of expired) {
    if (objects.context.signal.aborted) return;
    await objects.context.storage.delete(path);
  }
  const rest = chain.slice(expired.length, -1);
  for (const run of runsOf(rest.filter(({ modifiedAtMs }) => modifiedAtMs < keptSinceMs))) {
    if (objects.context.signal.aborted) return;
    await merge(objects, run);
  }
}

/** Neighbours that become one object. */
function runsOf(chain: readonly RangeObject[]): readonly (readonly RangeObject[])[] {
  const runs: RangeObject[][] = [];
  let run: RangeObject[] = [];
  let byteLength = 0;
  function close(): void {
    if (run.length >= mergedCountMin || (run.length > 1 && byteLength >= mergedBytesMax / 2)) {
      runs.push(run);
    }
    run = [];
    byteLength = 0;
  }
  for (const object of chain) {
    const isFull = run.length >= mergedCountMax || byteLength + object.byteLength > mergedBytesMax;
    if (isFull || object.isMerged || run.at(-1)?.end !== object.base) close();
    if (object.isMerged) continue;
    run.push(object);
    byteLength += object.byteLength;
  }
  close();
  return runs;
}

async function merge(objects: PartitionObjects, run: readonly RangeObject[]): Promise<void> {
  const parts: LogObject[] = [];
  for (let at = 0; at < run.length; at += requestsMax) {
    const some = run.slice(at, at + requestsMax);
    parts.push(...(await Promise.all(some.map(async (object) => await objects.read(object)))));
  }
  const base = parts[0]?.base ?? 0;
  const end = parts.at(-1)?.end ?? base;
  const entries = parts.flatMap((part) => part.entries);
  const bytes = encodeObject(
    entries,
    parts.map(({ data }) => data),
  );
  await objects.context.storage.putIfAbsent(mergedPath(objects.prefix, base, end), bytes);
  await deleteAll(objects, run);
}

async function deleteAll(objects: PartitionObjects, gone: readonly RangeObject[]): Promise<void> {
  for (let at = 0; at < gone.length; at += requestsMax) {
    const some = gone.slice(at, at + requestsMax);
    await Promise.all(some.map(async ({ path }) => await objects.context.storage.delete(path)));
  }
}
