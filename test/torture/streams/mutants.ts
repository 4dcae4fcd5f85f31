import type { Mutant } from '../mutants.ts';

const shardMap = 'src/source/kinesis/shard/shard-map.ts';
const manifestStore = 'src/pipeline/epoch/manifest-store.ts';
const fetched = 'src/source/kafka/record/fetched-records.ts';
const runner = 'src/pipeline/epoch/runner.ts';

/** Ways of breaking what streams rely on. */
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
    name: 'a child shard is read before its parents are at their ends',
    changes: [
      {
        file: shardMap,
        find: 'return this.#shards.get(id)?.parents.every((parent) => this.#isDone(parent)) ?? false;',
        replace: 'return this.#shards.has(id);',
      },
    ],
    trial: { kind: 'kinesis', points: [] },
  },
  {
    name: 'a zombie that reads a topic is not fenced',
    changes: [
      {
        file: manifestStore,
        find: 'if (!isOurs) throw fenced(manifest);',
        replace: 'if (!isOurs) await this.#storage.put(path, bytes);',
      },
      {
        file: manifestStore,
        find: 'if (newest !== manifest.epoch) throw fenced(manifest);',
        replace: 'void newest;',
      },
    ],
    trial: { kind: 'zombies' },
  },
];
