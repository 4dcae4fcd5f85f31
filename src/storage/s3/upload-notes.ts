import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { asHeliosError, type HeliosError } from '../../base/errors.ts';
import { abortUpload, type Upload } from './abandoned-uploads.ts';
import type { S3Requests } from './s3-client.ts';

/** After so long a note is let go: the bucket's own rules have the upload by then. */
const noteMsMax = 7 * 24 * 60 * 60 * 1000;

export type UploadPlace = {
  /** Of the storage, as people write it. */
  readonly location: string;
  readonly bucket: string;
};

/**
 * Uploads of several parts that are under way, each noted in a file of this machine: what a process
 * that was killed left is given up by the next one. It is not gone on with: the rows are in parts
 * still, and are written into files anew, with what has come since, under other names.
 *
 * Notes are not synced: they are for a process that dies, and a power cut is for the vacuum, which
 * gives up what is a day old.
 */
export class UploadNotes {
  readonly #directory: string;
  readonly #clock: Clock;
  /** Of processes before this one. */
  readonly #left: Note[];

  private constructor(directory: string, clock: Clock, left: readonly Note[]) {
    this.#directory = directory;
    this.#clock = clock;
    this.#left = [...left];
  }

  static async open(directory: string, clock: Clock): Promise<UploadNotes> {
    await mkdir(directory, { recursive: true });
    const left: Note[] = [];
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      const note = parseNote(path, await readFile(path, 'utf8'));
      if (note !== undefined && clock.nowMs() - note.atMs < noteMsMax) left.push(note);
      else await rm(path, { force: true });
    }
    return new UploadNotes(directory, clock, left);
  }

  /** Notes an upload that has begun; gives what is called when it is ended or given up. */
  async begin(location: string, { key, id }: Upload): Promise<() => Promise<void>> {
    const path = join(this.#directory, `${randomUUID()}.json`);
    await writeFile(path, JSON.stringify({ location, key, id, atMs: this.#clock.nowMs() }));
    return async () => await rm(path, { force: true });
  }

  /** Gives up what earlier processes left at a place. What fails is tried at the next start. */
  async giveUp(
    { location, bucket }: UploadPlace,
    requests: S3Requests,
    onProblem: (problem: HeliosError) => void,
  ): Promise<void> {
    const here = this.#left.filter((note) => note.location === location);
    for (const note of here) this.#left.splice(this.#left.indexOf(note), 1);
    for (const { key, id, path } of here) {
      try {
        await abortUpload(requests, { bucket, url: `${location} (${key})` }, { key, id });
        await rm(path, { force: true });
      } catch (thrown) {
        onProblem(asHeliosError(thrown));
      }
    }
  }
}

type Note = Upload & { readonly path: string; readonly location: string; readonly atMs: number };

/** Undefined for what was cut off. */
function parseNote(path: string, text: string): Note | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const { location, key, id, atMs } = Object(value) as Partial<Record<keyof Note, unknown>>;
    const areTexts =
      typeof location === 'string' && typeof key === 'string' && typeof id === 'string';
    return areTexts && typeof atMs === 'number' ? { path, location, key, id, atMs } : undefined;
  } catch {
    return undefined;
  }
}
