import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { open, readFile } from 'node:fs/promises';
import { HeliosError } from '../../base/errors.ts';
import { fileFailure } from '../file-failure.ts';
import { crc32Text } from './s3-body.ts';
import type { S3Requests } from './s3-client.ts';
import type { PartPlan } from './part-size.ts';
import { answerIn, isPreconditionFailed } from './s3-failure.ts';

export type UploadOptions = {
  readonly requests: S3Requests;
  readonly bucket: string;
  readonly key: string;
  /** For people. */
  readonly url: string;
  readonly localPath: string;
  /** Whether the store keeps `If-None-Match`. */
  readonly isConditional: boolean;
  /** Encryption and metadata of the object. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether the object that is there is of this upload. */
  readonly isOurs: () => Promise<boolean>;
  /** Notes an upload of several parts; gives what ends the note. */
  readonly onBegun: (id: string) => Promise<(() => Promise<void>) | undefined>;
};

/** An upload that isn't given up costs its parts' bytes until a lifecycle rule finds it. */
const abortAttemptsMax = 3;

type FinishedPart = {
  readonly ETag: string | undefined;
  readonly PartNumber: number;
};

/** One file on its way to one object that must not be there yet. */
export class MultipartUpload {
  readonly #options: UploadOptions;

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  /** In one request. */
  async sendWhole(): Promise<'put' | 'exists'> {
    const { requests, localPath, fields } = this.#options;
    const bytes = await readFile(localPath).catch((thrown: unknown) => {
      throw fileFailure(thrown, localPath);
    });
    return await requests.send(
      this.#place('s3:PutObject'),
      async (attempt) =>
        await this.#ifAbsent(attempt, async () => {
          await requests.client.send(
            new PutObjectCommand({
              ...this.#object(),
              ...fields,
              Body: bytes,
              ChecksumCRC32: crc32Text(bytes),
              ...this.#condition(),
            }),
          );
        }),
    );
  }

  /**
   * In parts. A part that fails is sent again alone; an upload that can't be ended is given up, so
   * that its parts don't lie in the bucket, paid for and unseen.
   */
  async send(byteLength: number, plan: PartPlan): Promise<'put' | 'exists'> {
    const uploadId = await this.#begin();
    const end = await this.#options.onBegun(uploadId);
    let isOver = true;
    try {
      const parts = await this.#sendParts(uploadId, byteLength, plan);
      const outcome = await this.#complete(uploadId, parts);
      if (outcome === 'exists') isOver = await this.#abort(uploadId);
      return outcome;
    } catch (thrown) {
      isOver = await this.#abort(uploadId);
      throw thrown;
    } finally {
      if (isOver) await end?.();
    }
  }

  async #begin(): Promise<string> {
    const { requests, fields, url } = this.#options;
    return await requests.send(this.#place('s3:PutObject'), async () => {
      const answer = await requests.client.send(
        new CreateMultipartUploadCommand({ ...this.#object(), ...fields }),
      );
      if (answer.UploadId !== undefined) return answer.UploadId;
      throw new HeliosError('storage_failed', `The store began no upload of ${url}.`);
    });
  }

  async #sendParts(
    uploadId: string,
    byteLength: number,
    { partBytes, count, atOnce }: PartPlan,
  ): Promise<readonly FinishedPart[]> {
    const finished: FinishedPart[] = [];
    const failed: unknown[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < count && failed.length === 0) {
        const index = next++;
        const start = index * partBytes;
        const length = Math.min(partBytes, byteLength - start);
        finished[index] = await this.#sendPart(uploadId, index + 1, { start, length });
      }
    };
    const workers = Array.from({ length: atOnce }, async () => {
      await worker().catch((thrown: unknown) => failed.push(thrown));
    });
    // All of them, since a part that is still on its way would outlive the end of its upload.
    await Promise.all(workers);
    if (failed.length > 0) throw failed[0];
    return finished;
  }

  async #sendPart(
    uploadId: string,
    number: number,
    range: { readonly start: number; readonly length: number },
  ): Promise<FinishedPart> {
    const { requests, localPath } = this.#options;
    const bytes = await readPart(localPath, range);
    return await requests.send(this.#place('s3:PutObject'), async () => {
      const answer = await requests.client.send(
        new UploadPartCommand({
          ...this.#object(),
          UploadId: uploadId,
          PartNumber: number,
          Body: bytes,
          ChecksumCRC32: crc32Text(bytes),
        }),
      );
      return { ETag: answer.ETag, PartNumber: number };
    });
  }

  async #complete(uploadId: string, parts: readonly FinishedPart[]): Promise<'put' | 'exists'> {
    const { requests } = this.#options;
    return await requests.send(
      this.#place('s3:PutObject'),
      async (attempt) =>
        await this.#ifAbsent(attempt, async () => {
          await requests.client.send(
            new CompleteMultipartUploadCommand({
              ...this.#object(),
              UploadId: uploadId,
              MultipartUpload: { Parts: [...parts] },
              ...this.#condition(),
            }),
          );
        }),
    );
  }

  /**
   * The object that is there may be ours whichever attempt this is: what stands between us and the
   * store may send a request twice, too.
   */
  async #ifAbsent(attempt: number, put: () => Promise<void>): Promise<'put' | 'exists'> {
    try {
      await put();
      return 'put';
    } catch (thrown) {
      const answer = answerIn(thrown);
      // An upload that was ended by an attempt whose answer was lost is no longer known.
      const isGone = attempt > 1 && (answer.name === 'NoSuchUpload' || answer.status === 404);
      const isTaken = isPreconditionFailed(answer);
      if ((isGone || isTaken) && (await this.#options.isOurs())) return 'put';
      if (isTaken) return 'exists';
      throw thrown;
    }
  }

  /** False where it can't be given up now: that is for the next start. */
  async #abort(uploadId: string): Promise<boolean> {
    const { client } = this.#options.requests;
    const command = new AbortMultipartUploadCommand({ ...this.#object(), UploadId: uploadId });
    for (let attempt = 1; attempt <= abortAttemptsMax; attempt++) {
      const failure = await client.send(command).then(
        () => undefined,
        (thrown: unknown) => answerIn(thrown),
      );
      if (failure === undefined || failure.status === 404) return true;
    }
    return false;
  }

  #condition(): { readonly IfNoneMatch?: '*' } {
    return this.#options.isConditional ? { IfNoneMatch: '*' } : {};
  }

  #object(): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#options.bucket, Key: this.#options.key };
  }

  #place(action: string): { readonly action: string; readonly url: string } {
    return { action, url: this.#options.url };
  }
}

async function readPart(
  path: string,
  { start, length }: { readonly start: number; readonly length: number },
): Promise<Buffer> {
  const file = await open(path);
  try {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
      if (bytesRead === 0) throw new HeliosError('storage_failed', `${path} became shorter.`);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
