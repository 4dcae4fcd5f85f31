import { awsCredentials } from '../connection/aws/credentials.ts';
import { endpointOf } from '../connection/aws/endpoint.ts';
import { regionOf } from '../connection/aws/region.ts';
import { trustedAuthority } from '../connection/trusted-authority.ts';
import { HeliosError } from '../base/errors.ts';
import { FileCache } from '../storage/file-cache.ts';
import { ConditionalWrites, type ConditionMode } from '../storage/s3/conditional-writes.ts';
import type { PartLimits } from '../storage/s3/part-size.ts';
import { type S3ClientOptions, S3Requests } from '../storage/s3/s3-client.ts';
import type { S3Encryption } from '../storage/s3/s3-encryption.ts';
import { parseS3Url, type S3Location } from '../storage/s3/s3-location.ts';
import { S3Storage } from '../storage/s3/s3-storage.ts';
import { UploadNotes } from '../storage/s3/upload-notes.ts';
import type { StoreFacts } from '../storage/store-facts.ts';
import type { StoragesOptions } from './storages.ts';

type Options = Readonly<Record<string, string>>;

/** Region that stores other than AWS take without a word. */
const regionElsewhere = 'us-east-1';

/**
 * Places in object stores, with one cache for all of them. Those that are reached in the same way
 * share connections and the budget of retries.
 */
export class S3Storages {
  readonly #options: StoragesOptions;
  readonly #cache: FileCache;
  readonly #uploads: UploadNotes;
  readonly #requests = new Map<string, { readonly store: string; readonly requests: S3Requests }>();
  readonly #conditions = new Map<string, ConditionalWrites>();

  private constructor(
    options: StoragesOptions,
    parts: { readonly cache: FileCache; readonly uploads: UploadNotes },
  ) {
    this.#options = options;
    this.#cache = parts.cache;
    this.#uploads = parts.uploads;
  }

  static async create(options: StoragesOptions): Promise<S3Storages> {
    const { cacheDirectory: directory, cacheBytesMax: bytesMax, context } = options;
    const cache = await FileCache.open({ directory, bytesMax });
    const uploads = await UploadNotes.open(options.uploadsDirectory, context.clock);
    return new S3Storages(options, { cache, uploads });
  }

  /** Asks nothing of the store yet. `invalid_config` for a URL or options that mean nothing. */
  async open(location: string, options: Options): Promise<S3Storage> {
    const { context } = this.#options;
    const place = parseS3Url(location);
    const endpoint =
      place.endpoint ?? options['aws_endpoint'] ?? endpointOf('s3', context.environment);
    const region = await this.#regionOf(place, endpoint, options);
    const ca = await trustedAuthority(options, context);
    const way = { region, endpoint, ca, isPathStyle: pathStyleOf(place, endpoint, options) };
    const requests = this.#requestsOf(way, options);
    const storage = new S3Storage(
      { ...place, endpoint },
      {
        requests,
        conditions: this.#conditionsOf(place.bucket, endpoint, options),
        encryption: encryptionOf(options),
        parts: partLimits(options),
        cache: this.#cache,
        uploads: this.#uploads,
      },
    );
    const { bucket } = place;
    const { onWarning } = this.#options;
    // Nobody waits for it: a store that is away must not keep a table from being opened.
    void this.#uploads.giveUp({ location: storage.location, bucket }, requests, onWarning);
    if (options['conditional_writes'] === 'none') onWarning(unguarded(storage));
    return storage;
  }

  facts(): StoreFacts {
    const { use } = this.#options;
    const stores = [...this.#requests.values()].map(({ store, requests }) => ({
      store,
      use,
      ...requests.facts(),
    }));
    return { stores, cache: use === 'tables' ? this.#cache.facts() : undefined };
  }

  #requestsOf(
    way: Pick<S3ClientOptions, 'region' | 'endpoint' | 'isPathStyle' | 'ca'>,
    options: Options,
  ): S3Requests {
    const { context } = this.#options;
    const { region, endpoint } = way;
    const given = credentialNames.map((name) => options[name]);
    const key = JSON.stringify([region, endpoint, way.isPathStyle, way.ca, given]);
    const known = this.#requests.get(key);
    if (known !== undefined) return known.requests;
    const withEndpoint = endpoint === undefined ? options : { ...options, aws_endpoint: endpoint };
    const { clock, random } = context;
    const credentials = awsCredentials(withEndpoint, region, context);
    const requests = new S3Requests({ ...way, credentials, clock, random });
    this.#requests.set(key, { store: endpoint ?? region, requests });
    return requests;
  }

  #conditionsOf(bucket: string, endpoint: string | undefined, options: Options): ConditionalWrites {
    const mode = conditionMode(endpoint, options);
    const key = JSON.stringify([endpoint, bucket, mode]);
    const known = this.#conditions.get(key) ?? new ConditionalWrites(mode);
    this.#conditions.set(key, known);
    return known;
  }

  async #regionOf(
    place: S3Location,
    endpoint: string | undefined,
    options: Options,
  ): Promise<string> {
    const given = place.region ?? options['aws_region'];
    const profile = options['aws_profile'];
    try {
      return await regionOf({ given, profile }, this.#options.context);
    } catch (thrown) {
      const isUnknown = thrown instanceof HeliosError && thrown.code === 'invalid_config';
      if (isUnknown && endpoint !== undefined) return regionElsewhere;
      throw thrown;
    }
  }
}

/** What says who we are there. */
const credentialNames = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'aws_profile',
  'role_arn',
  'external_id',
  'role_session_name',
] as const;

/** Stores of one's own seldom have a name for each bucket. */
function pathStyleOf(place: S3Location, endpoint: string | undefined, options: Options): boolean {
  const given = options['path_style'];
  if (given !== undefined) return given === 'true';
  return place.isPathStyle || !isOfAws(endpoint);
}

function conditionMode(endpoint: string | undefined, options: Options): ConditionMode {
  if (options['conditional_writes'] === 'none') return 'none';
  const isKnown = isOfAws(endpoint) || endpoint?.endsWith('.r2.cloudflarestorage.com') === true;
  return isKnown ? 'trusted' : 'checked';
}

function isOfAws(endpoint: string | undefined): boolean {
  if (endpoint === undefined) return true;
  return /(?:^|\.)amazonaws\.com(?:\.cn)?$/.test(URL.parse(endpoint)?.hostname ?? '');
}

function encryptionOf(options: Options): S3Encryption | undefined {
  if (options['sse'] === 'kms') return { kind: 'kms', keyId: options['sse_kms_key_id'] };
  return options['sse'] === 'aes256' ? { kind: 'aes256' } : undefined;
}

function partLimits(options: Options): PartLimits {
  return {
    partBytes: numberOf(options['part_bytes']),
    partsMax: numberOf(options['parts_max']),
    multipartBytesMin: numberOf(options['multipart_bytes_min']),
  };
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function unguarded({ location }: S3Storage): HeliosError {
  return new HeliosError(
    'invalid_config',
    `${location} is written without conditions (storage.conditional_writes = 'none').`,
    { hint: 'A second writer, or a second Helios, would overwrite its commits unseen.' },
  );
}
