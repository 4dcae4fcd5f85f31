import { opendir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { HeliosError, systemCode } from '../../base/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { Schema } from '../../event/schema.ts';
import type { PinnedView } from '../../catalog/view.ts';

type FileFormat = 'parquet' | 'csv' | 'json';

/** Formats by the endings of their files' names; compressed text is read as it is. */
const formats: Readonly<Record<string, FileFormat>> = {
  '.parquet': 'parquet',
  '.csv': 'csv',
  '.tsv': 'csv',
  '.json': 'json',
  '.ndjson': 'json',
  '.jsonl': 'json',
};

/** More than this is a sign that the wrong folder was named. */
const filesMax = 100_000;

/** A folder (or one file) of Parquet, CSV or JSON that somebody else writes, read as one table. */
export class AttachedFolder {
  readonly name: string;
  readonly path: string;
  readonly #engine: Engine;

  constructor(name: string, path: string, engine: Engine) {
    this.name = name;
    this.path = path;
    this.#engine = engine;
  }

  /** `unsupported_table` where nothing is there that can be read. */
  async pin(): Promise<PinnedView> {
    const files = await this.#files();
    return {
      name: this.name,
      schema: await this.#schema(files),
      partitionColumns: [],
      version: undefined,
      epoch: undefined,
      newestEventMs: undefined,
      hotRows: 0,
      files: files.map((file) => ({ kind: 'attached', path: file.path, format: file.format })),
      release: () => undefined,
    };
  }

  async #files(): Promise<readonly AttachedFile[]> {
    const files = await listFiles(this.path);
    const kinds = new Set(files.map((file) => file.format));
    if (kinds.size === 1) return files;
    const found = kinds.size === 0 ? 'no Parquet, CSV or JSON file' : [...kinds].join(' and ');
    throw new HeliosError('unsupported_table', `${this.path} holds ${found}.`, {
      hint: 'Attach a folder whose files are all of one format, or a Delta table.',
    });
  }

  async #schema(files: readonly AttachedFile[]): Promise<Schema> {
    const list = files.map((file) => quoteText(file.path)).join(', ');
    await using connection = await this.#engine.connect();
    return await connection.describe(
      `SELECT * FROM ${reader(files[0]?.format)}([${list}], union_by_name = true)`,
    );
  }
}

type AttachedFile = { readonly path: string; readonly format: FileFormat };

function reader(format: FileFormat | undefined): string {
  if (format === 'csv') return 'read_csv';
  return format === 'json' ? 'read_json' : 'read_parquet';
}

async function listFiles(path: string): Promise<readonly AttachedFile[]> {
  const found = await stat(path).catch((thrown: unknown) => {
    if (systemCode(thrown) === 'ENOENT') throw nothingThere(path);
    throw thrown;
  });
  if (!found.isDirectory()) return withFormat(path);
  const files: AttachedFile[] = [];
  for await (const entry of await opendir(path, { recursive: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !isHidden(file.slice(path.length))) files.push(...withFormat(file));
    if (files.length > filesMax) throw tooMany(path);
  }
  return files.toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

function withFormat(path: string): readonly AttachedFile[] {
  const bare = path.replace(/\.(gz|zst)$/, '');
  const format = formats[extname(bare).toLowerCase()];
  return format === undefined ? [] : [{ path, format }];
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('_') || part.startsWith('.'));
}

function nothingThere(path: string): HeliosError {
  return new HeliosError('not_found', `There is nothing at ${path}.`, {
    hint: 'Give the folder of a Delta table, or a folder of Parquet, CSV or JSON files.',
  });
}

function tooMany(path: string): HeliosError {
  return new HeliosError('too_large', `${path} holds more than ${filesMax} files.`, {
    hint: 'Attach one of its folders, or make a Delta table of it.',
  });
}
