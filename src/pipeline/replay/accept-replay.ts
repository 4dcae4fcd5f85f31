import { isDeepStrictEqual } from 'node:util';
import { HeliosError } from '../../base/errors.ts';
import type { PipelineDefinition } from '../../catalog/catalog.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import type { Manifest } from '../epoch/manifest.ts';
import { ManifestStore } from '../epoch/manifest-store.ts';
import { pipelineDirectory, type PipelineEnvironment } from '../open-pipeline.ts';
import type { Replay, ReplayFilter } from './replay.ts';

/** So many may wait or run; each new one is in every manifest until it is done. */
const waitingMax = 10;
/** Each manifest until it is done holds the filter, with the records that it names. */
const filterBytesMax = 256 * 1024;
/** So many that are done are remembered, with their keys. */
const doneMax = 20;

export type AcceptRequest = {
  readonly definition: PipelineDefinition;
  readonly filter: ReplayFilter;
  readonly key: string | undefined;
  /** Stops whoever reads; from then on nothing else writes manifests. */
  readonly halt: () => Promise<void>;
};

/**
 * Puts a manifest that has the replay to be done; whoever opens the pipeline next does it. One that
 * was accepted under the same key before is given as it is, and nothing is halted.
 */
export async function acceptReplay(
  environment: PipelineEnvironment,
  { definition, filter, key, halt }: AcceptRequest,
): Promise<Replay> {
  const root = pipelineDirectory(environment.dataDirectory, definition.id);
  const store = new ManifestStore(new FileStorage(root), 'manifests');
  const begun = await store.newest();
  if (begun === undefined) throw notBegun(definition.name);
  const known = begun.manifest.replays?.find((replay) => replay.key === key);
  if (key !== undefined && known !== undefined) return checkedSame(known, filter);
  checkWaiting(definition.name, begun.manifest);
  checkSize(filter);
  await halt();
  // It has read on until now.
  const newest = (await store.newest()) ?? begun;
  const replay: Replay = {
    id: environment.newId(),
    ...(key === undefined ? {} : { key }),
    filter,
    chosenCount: filter.records?.length,
    // The clock may have gone back since the newest epoch.
    requestedAtMs: Math.max(environment.clock.nowMs(), newest.manifest.createdAtMs) + 1,
    passedCount: 0,
    failedCount: 0,
    refusals: [],
  };
  await store.put({
    ...newest.manifest,
    epoch: newest.manifest.epoch + 1,
    incarnation: environment.newId(),
    previous: newest.hash,
    createdAtMs: environment.clock.nowMs(),
    replays: [...remembered(newest.manifest), replay],
  });
  return replay;
}

function checkedSame(known: Replay, filter: ReplayFilter): Replay {
  const isSame =
    isDeepStrictEqual(plain(known.filter), plain({ ...filter, records: undefined })) &&
    known.chosenCount === filter.records?.length;
  const isUndone = known.filter.records !== undefined;
  const areSame = isUndone ? isDeepStrictEqual(plain(known.filter), plain(filter)) : isSame;
  if (areSame) return known;
  throw new HeliosError(
    'idempotency_mismatch',
    `The key ${JSON.stringify(known.key)} was given to another replay, of other records.`,
    { hint: 'Make a new key for each replay.' },
  );
}

/** As it comes back from a manifest. */
function plain(filter: ReplayFilter): unknown {
  return JSON.parse(JSON.stringify(filter));
}

function checkWaiting(pipeline: string, { replays = [] }: Manifest): void {
  const waiting = replays.filter(({ finishedAtMs }) => finishedAtMs === undefined);
  if (waiting.length < waitingMax) return;
  throw new HeliosError('conflict', `${waiting.length} replays of ${pipeline} wait already.`, {
    hint: 'Wait until one is done.',
  });
}

function checkSize(filter: ReplayFilter): void {
  const byteLength = Buffer.byteLength(JSON.stringify(filter));
  if (byteLength <= filterBytesMax) return;
  throw new HeliosError(
    'too_large',
    `The places of the chosen records are ${byteLength} bytes; ${filterBytesMax} are allowed.`,
    { hint: 'Choose fewer at a time, or by source, code and time.' },
  );
}

function remembered({ replays = [] }: Manifest): readonly Replay[] {
  const done = replays.filter(({ finishedAtMs }) => finishedAtMs !== undefined);
  const forgotten = new Set(done.slice(0, Math.max(0, done.length - doneMax)));
  return replays.filter((replay) => !forgotten.has(replay));
}

function notBegun(name: string): HeliosError {
  return new HeliosError('conflict', `${name} has not begun to read: it has rejected nothing.`, {
    hint: 'Ask again when it runs.',
  });
}
