import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import type { PinnedView, ViewFile } from '../../catalog/view.ts';
import type {
  LookupRequest,
  LookupTables,
  LookupVersion,
} from '../../pipeline/lookup/lookup-tables.ts';
import type { QueryableTables } from '../../pipeline/tables/queryable-tables.ts';
import { fileFailure } from '../../storage/file-failure.ts';
import { fetchFiles } from '../fetched-files.ts';
import { LinkedFiles } from '../process/linked-files.ts';
import { viewSelects } from '../view-sql.ts';

export type LookupReaderOptions = {
  readonly tables: QueryableTables;
  readonly clock: Clock;
  /** Local folder for the files of a table while it is read. */
  readonly temporaryDirectory: string;
};

/** Reads tables for pipelines that look them up: as queries do, but for the process. */
export class LookupReader implements LookupTables {
  readonly #options: LookupReaderOptions;

  constructor(options: LookupReaderOptions) {
    this.#options = options;
  }

  /** Helios's own facts, which have no versions, are not among them. */
  names(): readonly string[] {
    return this.#options.tables.tableNames();
  }

  async pin({ name, place }: LookupRequest): Promise<LookupVersion> {
    const view = await this.#view(name, place);
    try {
      return this.#version(view);
    } catch (thrown) {
      view.release();
      throw thrown;
    }
  }

  async #view(name: string, place: LookupRequest['place']): Promise<PinnedView> {
    const { tables } = this.#options;
    if (place !== undefined) {
      const { path, storage: storageOptions } = place;
      return await tables.pinAttached({ name, path, storageOptions, kind: 'attached' });
    }
    const [view] = await tables.pin([name]);
    assert(view !== undefined, `The table ${name} was not pinned.`);
    if (view.unreadOf === undefined) return view;
    view.release();
    const message = `The pipelines that write it can't be opened: ${view.unreadOf.join(', ')}.`;
    throw new HeliosError('unavailable', message, { hint: 'Rows of theirs would be missing.' });
  }

  #version(view: PinnedView): LookupVersion {
    const { clock, temporaryDirectory } = this.#options;
    const closers = [async () => await Promise.resolve(view.release())];
    return {
      schema: view.schema,
      key: keyOf(view),
      rows: async (columns) => {
        const directory = await mkdtemp(join(temporaryDirectory, 'lookup-'));
        const files = new LinkedFiles({ directory, owner: undefined, clock, keptMs: 0 });
        closers.push(async () => {
          await files.close();
          await rm(directory, { recursive: true, force: true });
        });
        const wanted = new Set(columns.map((column) => column.toLowerCase()));
        const isUsed = (column: string): boolean => wanted.has(column.toLowerCase());
        const pruned = [{ view, prunedCount: 0 }];
        const local = await fetchFiles(pruned, isUsed, new AbortController().signal);
        const [linked] = await files.link(local);
        assert(linked !== undefined, `The table ${view.name} was not linked.`);
        return viewSelects(linked);
      },
      release: async () => {
        for (const close of closers.splice(0)) await close();
      },
    };
  }
}

/** What is in the files of a version of a table never changes; files of a folder are looked at. */
function keyOf({ version, schema, files }: PinnedView): string {
  const hash = createHash('sha256').update(JSON.stringify([version ?? null, schema]));
  for (const file of files) hash.update(`\0${factsOf(file)}`);
  return hash.digest('hex');
}

function factsOf(file: ViewFile): string {
  if (file.kind !== 'attached') return file.path;
  if (file.fetch !== undefined) return `${file.path} ${file.tag ?? ''}`;
  try {
    const { ino, size, mtimeNs } = statSync(file.path, { bigint: true });
    return [file.path, ino, size, mtimeNs].join(' ');
  } catch (thrown) {
    throw fileFailure(thrown, file.path);
  }
}
