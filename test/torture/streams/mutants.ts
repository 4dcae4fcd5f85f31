import type { Change, Mutant } from '../mutants.ts';

const fetched = 'src/source/kafka/record/fetched-records.ts';
const runner = 'src/pipeline/epoch/runner.ts';
const manifestStore = 'src/pipeline/epoch/manifest-store.ts';
const deltaTable = 'src/delta/table.ts';
const deltaSink = 'src/sink/delta/delta-sink.ts';

const putTwice: Change = {
  file: manifestStore,
  find: 'if (!isOurs) throw fenced(manifest);',
  replace: 'if (!isOurs) await this.#storage.put(path, bytes);',
};
const putBehind: Change = {
  file: manifestStore,
  find: 'if (newest !== manifest.epoch) throw fenced(manifest);',
  replace: 'void newest;',
};

/**
 * Ways of breaking what streams rely on.
 *
 * Zombies meet walls one behind the other. `putTwice` alone does no harm, and so is none of these:
 * the number that a zombie puts again lies behind the newest, which fences it then. `putBehind`
 * alone harms where a zombie has slept until its number was deleted. Without both, the txn of a
 * table and the length of a file still fence it, but an epoch later: it has published one.
 */
export const streamMutants: readonly Mutant[] = [
  {
    name: 'positions of a topic are not in the commit of their rows',
    changes: [
      {
        file: runner,
        find: 'this.#nextManifest(positions, batches, result)',
        replace: 'this.#nextManifest(this.#positions, batches, result)',
      },
    ],
    trial: { kind: 'kafka', points: ['after-manifest'] },
  },
  {
    name: 'positions of shards are not in the commit of their rows',
    changes: [
      {
        file: runner,
        find: 'this.#nextManifest(positions, batches, result)',
        replace: 'this.#nextManifest(this.#positions, batches, result)',
      },
    ],
    trial: { kind: 'kinesis', points: ['after-manifest'] },
  },
  {
    name: 'aborted transactions are read',
    changes: [
      {
        file: fetched,
        find: 'const isAborted = batch.isTransactional && this',
        replace: 'const isAborted = !batch.isTransactional && this',
      },
    ],
    trial: { kind: 'kafka', points: [] },
  },
  {
    name: 'control batches, the markers of transactions, are read as records',
    changes: [
      {
        file: fetched,
        find: 'if (batch.isControl || isAborted)',
        replace: 'if (isAborted)',
      },
    ],
    trial: { kind: 'kafka', points: [] },
  },
  {
    name: 'records of a batch before the position are read again',
    changes: [
      {
        file: fetched,
        find: '{ ...limits, offsetMin: place.offset }',
        replace: '{ ...limits, offsetMin: 0 }',
      },
    ],
    trial: { kind: 'kafka', points: ['after-manifest'] },
  },
  {
    name: "a child shard is read before its parents' end",
    changes: [
      {
        file: 'src/source/kinesis/shard/shard-map.ts',
        find: 'return this.#shards.get(id)?.parents.every((parent) => this.#isDone(parent)) ?? false;',
        replace: 'return this.#shards.has(id);',
      },
    ],
    trial: { kind: 'kinesis', points: [] },
  },
  {
    name: 'a zombie that has slept for long is not fenced by manifests',
    changes: [putBehind],
    trial: { kind: 'zombies' },
  },
  {
    name: 'a zombie is not fenced by manifests',
    changes: [putTwice, putBehind],
    trial: { kind: 'zombies' },
  },
  {
    name: 'a zombie is fenced by nothing',
    changes: [
      putTwice,
      putBehind,
      {
        file: deltaTable,
        find: 'if (txnVersion !== request.transaction.expected) {',
        replace: 'if (txnVersion === -1) {',
      },
      { file: deltaSink, find: 'if (txnEpoch !== request.from)', replace: 'if (txnEpoch === -1)' },
    ],
    trial: { kind: 'zombies' },
  },
];
