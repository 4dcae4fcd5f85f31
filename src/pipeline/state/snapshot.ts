import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError, systemCode } from '../../base/errors.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import type { Manifest } from '../epoch/manifest.ts';
import { ManifestStore } from '../epoch/manifest-store.ts';
import type { PartStore } from '../epoch/part-store.ts';
import { statePartNames } from '../stream/manifest-stream.ts';
import type { ToStore } from './state-bytes.ts';

export type SnapshotContext = {
  readonly catalog: Catalog;
  readonly dataDirectory: string;
  /** The parts of a pipeline that may be open. */
  readonly partStore: (id: string) => PartStore;
  /** Whether something of the pipeline is in the store. */
  readonly isKept: (id: string) => boolean;
  /** Whether this part of it is. */
  readonly isStored: (id: string, part: string) => boolean;
};

/** What is taken of one pipeline; its parts stay until the snapshot is let go. */
export type TakenPipeline = {
  readonly id: string;
  readonly manifest: Manifest;
  /** Those that have to be stored. */
  readonly fresh: readonly ToStore[];
  readonly release: () => void;
};

export type Snapshot = {
  readonly catalogText: string;
  readonly pipelines: readonly TakenPipeline[];
  readonly release: () => void;
};

/** What keeps changing while it is looked at is looked at again so often. */
const takesMax = 20;

/**
 * The catalog and all manifests, with the parts that aren't in the store yet, so that none of it
 * goes while it is read. The catalog is not older than any manifest: hot parts of a revision that
 * it doesn't know would be lost.
 */
export async function takeSnapshot(context: SnapshotContext): Promise<Snapshot> {
  const { catalog, isKept } = context;
  for (let count = 1; count <= takesMax; count++) {
    const definitions = catalog.pipelines();
    const catalogText = JSON.stringify(catalog.content());
    const pipelines: TakenPipeline[] = [];
    const release = (): void => {
      for (const taken of pipelines) taken.release();
    };
    try {
      let isWhole = true;
      for (const { id, revision } of definitions) {
        const taken = await takePipeline(context, id);
        if (taken !== undefined) pipelines.push(taken);
        const isDeleted = taken === undefined && isKept(id);
        if (isDeleted || (taken?.manifest.revision ?? 0) > revision) isWhole = false;
      }
      if (isWhole) return { catalogText, pipelines, release };
    } catch (thrown) {
      release();
      throw thrown;
    }
    release();
  }
  throw neverStill('The catalog');
}

/** Names of all parts that the manifest says are hot, or state. */
export function partNames({ sinks, stream }: Manifest): ReadonlySet<string> {
  const hot = sinks.flatMap(({ parts }) => parts.map(({ name }) => name));
  return new Set([...hot, ...statePartNames(stream)]);
}

async function takePipeline(
  { dataDirectory, partStore, isStored }: SnapshotContext,
  id: string,
): Promise<TakenPipeline | undefined> {
  const storage = new FileStorage(join(dataDirectory, 'pipelines', id));
  const manifests = new ManifestStore(storage, 'manifests');
  const parts = partStore(id);
  for (let count = 1; count <= takesMax; count++) {
    const found = await manifests.newest().catch(ifGone);
    if (found === 'gone') continue;
    if (found === undefined) return undefined;
    const { manifest } = found;
    const names = [...partNames(manifest)].filter((name) => !isStored(id, name));
    parts.pin(names);
    const fresh = await sizesOf(names, parts);
    const release = (): void => parts.unpin(names);
    if (fresh.length === names.length) return { id, manifest, fresh, release };
    // What is missing was rolled, or merged by a manifest that came meanwhile.
    const newest = await manifests.newest().catch(ifGone);
    if (newest !== 'gone' && newest?.hash === found.hash) return { id, manifest, fresh, release };
    release();
  }
  throw neverStill(`The pipeline ${id}`);
}

async function sizesOf(names: readonly string[], parts: PartStore): Promise<readonly ToStore[]> {
  const found: ToStore[] = [];
  for (const name of names) {
    const path = parts.path(name);
    const facts = await stat(path).catch((thrown: unknown) => {
      if (systemCode(thrown) === 'ENOENT') return undefined;
      throw thrown;
    });
    if (facts !== undefined) found.push({ name, byteLength: facts.size, path });
  }
  return found;
}

/** A manifest that was listed may be deleted before it is read: there is a newer one by then. */
function ifGone(thrown: unknown): 'gone' {
  if (thrown instanceof HeliosError && thrown.code === 'not_found') return 'gone';
  throw thrown;
}

function neverStill(what: string): HeliosError {
  return new HeliosError('storage_failed', `${what} changed ${takesMax} times meanwhile.`, {
    hint: 'It is tried again; nothing is wrong.',
  });
}
