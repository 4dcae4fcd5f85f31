import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { HeliosError, systemCode } from '../../base/errors.ts';
import { fileFailure } from '../file-failure.ts';
import { checkPath, checkPrefix, compareUtf8 } from '../storage-path.ts';
import type { CachedObject, FileCache } from '../file-cache.ts';
import type { ByteRange } from '../byte-ranges.ts';
import type { Choose, RangeAnswer } from '../part-file.ts';
import type { HeldFile, Storage, StoredObject } from '../storage.ts';
import { abortUploadsBefore } from './abandoned-uploads.ts';
import { ConditionalWrites, type ProbeOutcome } from './conditional-writes.ts';
import { type PartLimits, planParts } from './part-size.ts';
import { BodyCheck, bodyOfRange, checkBody, checked, crc32Text, readableBody } from './s3-body.ts';
import type { S3Requests } from './s3-client.ts';
import { answerIn, isNotFound, isPreconditionFailed, type S3Place } from './s3-failure.ts';
import { printS3Location, type S3Location } from './s3-location.ts';
import { encryptionFields, type EncryptionFields, type S3Encryption } from './s3-encryption.ts';
import { MultipartUpload } from './multipart-upload.ts';
import type { UploadNotes } from './upload-notes.ts';

export type S3StorageOptions = {
  /** Those of other places in the same store too. */
  readonly requests: S3Requests;
  /** Where objects lie as local files. */
  readonly cache: FileCache;
  readonly encryption?: S3Encryption | undefined;
  readonly parts?: PartLimits | undefined;
  /** What is known of the bucket; nothing is asked of it unless given. */
  readonly conditions?: ConditionalWrites | undefined;
  /** Knows of uploads that are under way. */
  readonly uploads?: UploadNotes | undefined;
};

/** In an object's metadata: which call put it, to know our own put whose answer was lost. */
const putIdKey = 'helios-put';

/** So much of a download waits for the disk at most, and is written at once, not piece by piece. */
const writtenBytes = 4 * 1024 * 1024;

/**
 * Objects under a prefix of a bucket.
 *
 * `putIfAbsent` is one `PutObject` with `If-None-Match: *`. 412 says that an object is there: it
 * may be ours, by an attempt whose answer was lost, or that something on the way sent twice; its
 * metadata tells. An attempt that takes effect after its successor meets the successor's object,
 * and is refused. 409 says that nothing is decided, and is asked again
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
 */
export class S3Storage implements Storage {
  readonly kind = 's3';
  readonly location: string;
  readonly #place: S3Location;
  readonly #requests: S3Requests;
  readonly #encryption: EncryptionFields;
  readonly #parts: PartLimits;
  readonly #conditions: ConditionalWrites;
  readonly #cache: FileCache;
  readonly #uploads: UploadNotes | undefined;

  constructor(place: S3Location, options: S3StorageOptions) {
    this.location = printS3Location(place);
    this.#place = place;
    this.#requests = options.requests;
    this.#encryption = encryptionFields(options.encryption);
    this.#cache = options.cache;
    this.#parts = options.parts ?? {};
    this.#uploads = options.uploads;
    this.#conditions = options.conditions ?? new ConditionalWrites('trusted');
  }

  async read(path: string): Promise<Uint8Array> {
    return await this.#send('s3:GetObject', path, async (object) => {
      const answer = await this.#requests.client.send(new GetObjectCommand(object));
      const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array(0);
      checkBody(answer, bytes, this.#urlOf(path));
      return bytes;
    });
  }

  async readRange(path: string, start: number, length: number): Promise<Uint8Array> {
    return await this.#send('s3:GetObject', path, async (object) => {
      const range = { ...object, Range: `bytes=${start}-${start + length - 1}` };
      const answer = await this.#requests.client.send(new GetObjectCommand(range));
      const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array(0);
      checkBody({ ContentLength: answer.ContentLength }, bytes, this.#urlOf(path));
      return bytes;
    });
  }

  async download(path: string, localPath: string, tag?: string): Promise<void> {
    await this.#send('s3:GetObject', path, async (object) => {
      const condition = tag === undefined ? {} : { IfMatch: tag };
      const get = new GetObjectCommand({ ...object, ...condition });
      const answer = await this.#requests.client.send(get);
      const check = new BodyCheck(answer, this.#urlOf(path));
      const file = createWriteStream(localPath, { flags: 'w', highWaterMark: writtenBytes });
      await pipeline(readableBody(answer), checked(check), file).catch((thrown: unknown) => {
        throw isOfDisk(thrown) ? fileFailure(thrown, localPath) : thrown;
      });
      check.finish();
    });
  }

  async stat(path: string): Promise<StoredObject | undefined> {
    try {
      return await this.#send('s3:GetObject', path, async (object) => {
        const head = await this.#requests.client.send(new HeadObjectCommand(object));
        return {
          path,
          byteLength: head.ContentLength ?? 0,
          modifiedAtMs: head.LastModified?.getTime() ?? 0,
          tag: head.ETag,
        };
      });
    } catch (thrown) {
      if (thrown instanceof HeliosError && thrown.code === 'not_found') return undefined;
      throw thrown;
    }
  }

  async *list(
    prefix: string,
    options: { readonly startAfter?: string } = {},
  ): AsyncIterable<StoredObject> {
    checkPrefix(prefix);
    let after = options.startAfter === undefined ? undefined : this.#keyOf(options.startAfter);
    for (;;) {
      const page = await this.#listPage(prefix, after);
      // Stores that order otherwise, or end early, would make a table look shorter than it is.
      const inOrder = page.objects.toSorted((left, right) => compareUtf8(left.path, right.path));
      yield* inOrder;
      if (!page.isTruncated) return;
      after = page.lastKey;
    }
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<'put' | 'exists'> {
    const putId = randomUUID();
    const isConditional = await this.#mayCondition();
    return await this.#send('s3:PutObject', path, async (object) => {
      if (!isConditional) {
        const known = await this.#whoseIs(path, putId);
        if (known !== 'nobody') return known === 'ours' ? 'put' : 'exists';
      }
      const put = this.#putCommand(object, bytes, { putId, isConditional });
      try {
        await this.#requests.client.send(put);
        return 'put';
      } catch (thrown) {
        if (!isPreconditionFailed(answerIn(thrown))) throw thrown;
        return (await this.#whoseIs(path, putId)) === 'ours' ? 'put' : 'exists';
      }
    });
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.#send('s3:PutObject', path, async (object) => {
      const options = { putId: undefined, isConditional: false };
      await this.#requests.client.send(this.#putCommand(object, bytes, options));
    });
  }

  async putFile(path: string, localPath: string): Promise<void> {
    checkPath(path);
    const { size } = await stat(localPath).catch((thrown: unknown) => {
      throw fileFailure(thrown, localPath);
    });
    const plan = planParts(size, this.#parts);
    const putId = randomUUID();
    const isConditional = await this.#mayCondition();
    const isThere = !isConditional && (await this.stat(path)) !== undefined;
    const key = this.#keyOf(path);
    const upload = new MultipartUpload({
      requests: this.#requests,
      bucket: this.#place.bucket,
      key,
      url: this.#urlOf(path),
      localPath,
      isConditional,
      fields: { ...this.#encryption, Metadata: { [putIdKey]: putId } },
      isOurs: async () => (await this.#whoseIs(path, putId)) === 'ours',
      onBegun: async (id) => await this.#uploads?.begin(this.location, { key, id }),
    });
    const send = async (): Promise<'put' | 'exists'> =>
      plan === undefined ? await upload.sendWhole() : await upload.send(size, plan);
    const outcome = isThere ? 'exists' : await send();
    if (outcome === 'put') return await this.#cache.adopt(this.#cached(path, size), localPath);
    throw new HeliosError('already_exists', `${this.#urlOf(path)} is already there.`);
  }

  localPath(path: string): undefined {
    checkPath(path);
    return undefined;
  }

  async hold(path: string, byteLength: number, tag?: string): Promise<HeldFile> {
    checkPath(path);
    const fetch = async (localPath: string): Promise<void> =>
      await this.download(path, localPath, tag);
    return await this.#cache.hold({ ...this.#cached(path, byteLength), tag }, fetch);
  }

  async holdPart(path: string, byteLength: number, choose: Choose): Promise<HeldFile> {
    checkPath(path);
    return await this.#cache.holdPart(this.#cached(path, byteLength), {
      choose,
      fetchRange: async (range, tag) => await this.#fetchRange(path, range, { tag, byteLength }),
      fetch: async (localPath) => await this.download(path, localPath),
    });
  }

  async delete(path: string): Promise<void> {
    await this.#send('s3:DeleteObject', path, async (object) => {
      await this.#requests.client.send(new DeleteObjectCommand(object));
    });
  }

  async abortUploads(beforeMs: number, isDryRun: boolean): Promise<number> {
    const { bucket, prefix } = this.#place;
    const place = { bucket, prefix: prefix === '' ? '' : `${prefix}/`, url: this.location };
    return await abortUploadsBefore(this.#requests, place, { beforeMs, isDryRun });
  }

  async #send<T>(
    action: string,
    path: string,
    request: (object: ObjectName, attempt: number) => Promise<T>,
  ): Promise<T> {
    checkPath(path);
    const place: S3Place = { action, url: this.#urlOf(path) };
    const object = { Bucket: this.#place.bucket, Key: this.#keyOf(path) };
    return await this.#requests.send(place, async (attempt) => await request(object, attempt));
  }

  async #fetchRange(
    path: string,
    range: ByteRange,
    { tag, byteLength }: { readonly tag: string | undefined; readonly byteLength: number },
  ): Promise<RangeAnswer> {
    return await this.#send('s3:GetObject', path, async (object) => {
      const asked = `bytes=${range.start}-${range.end - 1}`;
      try {
        const get = new GetObjectCommand({ ...object, Range: asked, IfMatch: tag });
        const answer = await this.#requests.client.send(get);
        const length = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
        if (length !== undefined && Number(length) !== byteLength) {
          readableBody(answer).destroy();
          return { kind: 'replaced' };
        }
        const bytes = await bodyOfRange(answer, range, this.#urlOf(path));
        return { kind: 'bytes', bytes, tag: answer.ETag };
      } catch (thrown) {
        const failure = answerIn(thrown);
        // 416: there is nothing where the range would be.
        if (isPreconditionFailed(failure) || failure.status === 416) return { kind: 'replaced' };
        throw thrown;
      }
    });
  }

  async #whoseIs(path: string, putId: string): Promise<'ours' | 'theirs' | 'nobody'> {
    const object = { Bucket: this.#place.bucket, Key: this.#keyOf(path) };
    try {
      const head = await this.#requests.client.send(new HeadObjectCommand(object));
      return head.Metadata?.[putIdKey] === putId ? 'ours' : 'theirs';
    } catch (thrown) {
      if (isNotFound(answerIn(thrown))) return 'nobody';
      throw thrown;
    }
  }

  /** Whether puts can have a condition, or it is known that nobody else writes. */
  async #mayCondition(): Promise<boolean> {
    await this.#conditions.check(this.location, async () => await this.#probe());
    return this.#conditions.mode !== 'none';
  }

  /** Puts an object where one is, out of sight of every reader of tables. */
  async #probe(): Promise<ProbeOutcome> {
    const path = `_helios/probe-${randomUUID()}`;
    const bytes = new TextEncoder().encode('Helios asked whether this store keeps conditions.');
    await this.put(path, bytes);
    try {
      return await this.#send('s3:PutObject', path, async (object) => {
        const put = this.#putCommand(object, bytes, { putId: undefined, isConditional: true });
        try {
          await this.#requests.client.send(put);
          return 'taken';
        } catch (thrown) {
          const answer = answerIn(thrown);
          if (isPreconditionFailed(answer)) return 'refused';
          if (answer.status === 501 || answer.name === 'NotImplemented') return 'unknown_to_it';
          throw thrown;
        }
      });
    } finally {
      // Who may not delete leaves a small object behind.
      await this.delete(path).catch(() => undefined);
    }
  }

  #putCommand(
    object: ObjectName,
    bytes: Uint8Array,
    options: { readonly putId: string | undefined; readonly isConditional: boolean },
  ): PutObjectCommand {
    return new PutObjectCommand({
      ...object,
      ...this.#encryption,
      Body: bytes,
      ChecksumCRC32: crc32Text(bytes),
      ...(options.isConditional ? { IfNoneMatch: '*' } : {}),
      ...(options.putId === undefined ? {} : { Metadata: { [putIdKey]: options.putId } }),
    });
  }

  async #listPage(prefix: string, after: string | undefined): Promise<Page> {
    const place: S3Place = { action: 's3:ListBucket', url: this.location };
    const base = this.#place.prefix === '' ? '' : `${this.#place.prefix}/`;
    return await this.#requests.send(place, async () => {
      const answer = await this.#requests.client.send(
        new ListObjectsV2Command({
          Bucket: this.#place.bucket,
          Prefix: `${base}${prefix}`,
          // Names may hold characters that XML can't. Some stores don't know of it.
          EncodingType: 'url',
          ...(after === undefined ? {} : { StartAfter: after }),
        }),
      );
      const keyOf = answer.EncodingType === 'url' ? decoded : (key = '') => key;
      const keys = (answer.Contents ?? []).map((item) => ({ ...item, Key: keyOf(item.Key) }));
      const objects = keys
        // Marks of folders, which consoles make, are no objects of ours.
        .filter(({ Key: key }) => key.startsWith(base) && !key.endsWith('/'))
        .map((item) => ({
          path: item.Key.slice(base.length),
          byteLength: item.Size ?? 0,
          modifiedAtMs: item.LastModified?.getTime() ?? 0,
          tag: item.ETag,
        }));
      const lastKey = keys.at(-1)?.Key;
      return {
        objects,
        lastKey,
        isTruncated: answer.IsTruncated === true && lastKey !== undefined,
      };
    });
  }

  #cached(path: string, byteLength: number): CachedObject {
    return { location: this.location, path, byteLength };
  }

  #keyOf(path: string): string {
    return this.#place.prefix === '' ? path : `${this.#place.prefix}/${path}`;
  }

  #urlOf(path: string): string {
    return `${this.location}/${path}`;
  }
}

type ObjectName = { readonly Bucket: string; readonly Key: string };

type Page = {
  readonly objects: readonly StoredObject[];
  readonly lastKey: string | undefined;
  readonly isTruncated: boolean;
};

const diskCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES']);

/** The other failures of a download are those of a connection. */
function isOfDisk(thrown: unknown): boolean {
  return diskCodes.has(systemCode(thrown) ?? '');
}

function decoded(key: string | undefined): string {
  return decodeURIComponent((key ?? '').replaceAll('+', ' '));
}
