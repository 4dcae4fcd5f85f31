import type { CrashPointName } from '../../src/base/crash-point.ts';
import type { DeathPoint } from './rounds.ts';

/** A way of breaking Helios's safety on purpose, which the harness must notice. */
export type Mutant = {
  readonly name: string;
  readonly changes: readonly Change[];
  readonly trial: Trial;
};

/** A replacement of text that occurs exactly once in the file. */
export type Change = { readonly file: string; readonly find: string; readonly replace: string };

/** Under which the harm shows. */
export type Trial =
  | { readonly kind: 'kill'; readonly points: readonly CrashPointName[] }
  | { readonly kind: 'power'; readonly points: readonly DeathPoint[] }
  | { readonly kind: 'owners' }
  | { readonly kind: 'kafka'; readonly points: readonly CrashPointName[] }
  | { readonly kind: 'kinesis'; readonly points: readonly CrashPointName[] }
  | { readonly kind: 'zombies' };

const segment = 'src/log/partition/segment.ts';
const fileStorage = 'src/storage/file/file-storage.ts';
const durable = 'src/storage/file/durable.ts';
const recovery = 'src/pipeline/epoch/recovery.ts';
const runner = 'src/pipeline/epoch/runner.ts';
const liveSink = 'src/pipeline/epoch/live-sink.ts';
const deltaTable = 'src/delta/table.ts';
const deltaSink = 'src/sink/delta/delta-sink.ts';
const filesSink = 'src/sink/filesystem/filesystem-sink.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'the log answers without fsync',
    changes: [
      {
        file: segment,
        find: "crashPoint('during-log-append');\n  await file.sync();",
        replace: "crashPoint('during-log-append');",
      },
    ],
    trial: { kind: 'power', points: ['during-log-append', 'after-manifest'] },
  },
  {
    name: 'the log answers before it has written',
    changes: [
      {
        file: 'src/log/partition/partition.ts',
        find: 'await writer.write(group);\n      return {',
        replace: 'void writer.write(group).catch(() => undefined);\n      return {',
      },
    ],
    trial: { kind: 'power', points: ['during-log-append', 'after-manifest'] },
  },
  {
    name: 'idempotency keys are forgotten at a restart',
    changes: [
      {
        file: 'src/log/stream.ts',
        find: "if (kind !== 'keyed' || !keyHash || !bodyHash) continue;",
        replace: "if (kind === 'keyed' || !keyHash || !bodyHash) continue;",
      },
    ],
    trial: { kind: 'kill', points: ['during-log-append'] },
  },
  {
    name: 'parts are not fsynced before their manifest',
    changes: [
      {
        file: 'src/pipeline/epoch/part-store.ts',
        find: 'const files = names.map((name) => this.path(name));',
        replace: 'const files = names.slice(names.length);',
      },
    ],
    trial: { kind: 'power', points: ['after-manifest', 'before-commit'] },
  },
  {
    name: 'manifests and commits are not fsynced',
    changes: [
      {
        file: durable,
        find: 'await file.writeFile(bytes);\n    await file.sync();',
        replace: 'await file.writeFile(bytes);',
      },
    ],
    trial: { kind: 'power', points: ['after-manifest', 'after-commit'] },
  },
  {
    name: 'the names of manifests and files are not made durable',
    changes: [
      {
        file: fileStorage,
        find: 'await syncPath(dirname(target));',
        replace: '',
      },
    ],
    trial: { kind: 'power', points: ['after-manifest', 'after-commit'] },
  },
  {
    name: "a dead process's commit is not made durable before one builds on it",
    changes: [
      {
        file: deltaSink,
        find: 'await storage.settle?.(logFolder);',
        replace: 'void storage;',
      },
      {
        file: filesSink,
        find: 'await storage.settle?.(dirname(listingPath(sinkId, 0)));',
        replace: 'void [storage, dirname];',
      },
    ],
    trial: { kind: 'power', points: ['before-commit-sync'] },
  },
  {
    name: 'data files are not fsynced before the commit that names them',
    changes: [
      {
        file: fileStorage,
        find: 'await syncPath(localPath).catch(',
        replace: 'await Promise.resolve().catch(',
      },
    ],
    trial: { kind: 'power', points: ['before-commit', 'after-commit'] },
  },
  {
    name: 'a manifest says where its epoch began to read, not where it ended',
    changes: [
      {
        file: runner,
        find: 'this.#nextManifest(positions, batches, result)',
        replace: 'this.#nextManifest(this.#positions, batches, result)',
      },
    ],
    trial: { kind: 'kill', points: ['after-manifest'] },
  },
  {
    name: 'the list of parts loses one',
    changes: [
      {
        file: liveSink,
        find: 'this.#partsAfter(step, this.#pendingMerge).map(toManifestPart)',
        replace: 'this.#partsAfter(step, this.#pendingMerge).slice(-1).map(toManifestPart)',
      },
    ],
    trial: { kind: 'kill', points: ['after-manifest'] },
  },
  {
    name: 'after a restart parts are hot though the table has their rows',
    changes: [
      {
        file: recovery,
        find: 'part.lastEpoch > (txnEpoch ?? -1));',
        replace: 'part.lastEpoch >= 0);',
      },
      {
        file: recovery,
        find: 'part.firstEpoch <= (txnEpoch ?? -1)',
        replace: 'part.firstEpoch < 0',
      },
    ],
    trial: { kind: 'kill', points: ['after-commit'] },
  },
  {
    name: 'rolled parts stay in the list',
    changes: [
      {
        file: liveSink,
        find: 'this.#parts = this.#parts.filter((part) => part.lastEpoch > epoch);',
        replace: 'void gone;',
      },
    ],
    trial: { kind: 'kill', points: [] },
  },
  {
    name: 'parts are deleted before the commit that replaces them',
    changes: [
      {
        file: 'src/pipeline/epoch/roller.ts',
        find: 'const rolled = live.parts.filter((part) => part.lastEpoch <= epoch);',
        replace:
          'const rolled = live.parts.filter((part) => part.lastEpoch <= epoch);\n' +
          '    setTimeout(() => this.#context.parts.keepOnly(new Set()), 1);',
      },
    ],
    trial: { kind: 'kill', points: ['after-data-file', 'before-commit'] },
  },
  {
    name: 'raw files of a roll that died stay where they are',
    changes: [
      {
        file: filesSink,
        find: 'for (const [path, plan] of open) await this.#discard(path, plan);',
        replace: '',
      },
    ],
    trial: { kind: 'kill', points: ['after-data-file', 'before-commit'] },
  },
  {
    name: 'raw files are written again though a listing has their rows',
    changes: [
      {
        file: filesSink,
        find: 'const found = transactions.get(sinkId)?.version;',
        replace: 'const found = transactions.has(sinkId) ? -1 : undefined;',
      },
      {
        file: filesSink,
        find: 'if (txnEpoch !== request.from)',
        replace: 'if (txnEpoch === -2)',
      },
      {
        file: 'src/sink/filesystem/file-table.ts',
        find: "if ((known?.to ?? null) !== listing.from) return 'overtaken';",
        replace: '',
      },
    ],
    trial: { kind: 'kill', points: ['after-commit'] },
  },
  {
    name: 'a file sink keeps what no manifest knows',
    changes: [
      {
        file: 'src/sink/single-file/single-file-sink.ts',
        find: 'await handle.truncate(byteLength);',
        replace: '',
      },
      {
        file: 'src/sink/single-file/single-file-sink.ts',
        find: 'if (size !== this.#byteLength) throw this.#fenced(size);\n      let at = after;\n      await handle.truncate(at);',
        replace: 'let at = size;',
      },
    ],
    trial: { kind: 'kill', points: ['after-part', 'before-manifest'] },
  },
  {
    name: 'nobody is fenced: a manifest may be put twice',
    changes: [
      {
        file: 'src/pipeline/epoch/manifest-store.ts',
        find: 'if (!isOurs) throw fenced(manifest);',
        replace: 'if (!isOurs) await this.#storage.put(path, bytes);',
      },
      {
        file: 'src/pipeline/epoch/manifest-store.ts',
        find: 'if (newest !== manifest.epoch) throw fenced(manifest);',
        replace: 'void newest;',
      },
    ],
    trial: { kind: 'owners' },
  },
  {
    name: 'a commit does not look at the txn',
    changes: [
      {
        file: deltaTable,
        find: 'if (txnVersion !== request.transaction.expected) {',
        replace: 'if (txnVersion === -1) {',
      },
      { file: deltaSink, find: 'if (txnEpoch !== request.from)', replace: 'if (txnEpoch === -1)' },
    ],
    trial: { kind: 'owners' },
  },
  {
    name: 'a roll goes on where the txn is not what it began with, as long as it is below',
    changes: [
      {
        file: deltaTable,
        find: 'if (txnVersion !== request.transaction.expected) {',
        replace: 'if ((txnVersion ?? -1) >= request.transaction.version) {',
      },
      {
        file: deltaSink,
        find: 'if (txnEpoch !== request.from)',
        replace: 'if ((txnEpoch ?? -1) >= request.to)',
      },
    ],
    trial: { kind: 'owners' },
  },
];
