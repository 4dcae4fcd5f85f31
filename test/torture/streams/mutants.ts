import type { Mutant } from '../mutants.ts';

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
];
