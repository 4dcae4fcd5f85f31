import { awsCredentials } from '../connection/aws/credentials.ts';
import { endpointOf } from '../connection/aws/endpoint.ts';
import { regionOf } from '../connection/aws/region.ts';
import { HeliosError } from '../base/errors.ts';
import { FileCache } from '../storage/file-cache.ts';
import type { S3Encryption } from '../storage/s3/s3-encryption.ts';
import { parseS3Url, type S3Location } from '../storage/s3/s3-location.ts';
import { S3Storage } from '../storage/s3/s3-storage.ts';
import type { StoragesOptions } from './storages.ts';

type Options = Readonly<Record<string, string>>;

/** Region that stores other than AWS take without a word. */
const regionElsewhere = 'us-east-1';

/** Places in object stores, with one cache for all of them. */
export class S3Storages {
  readonly #options: StoragesOptions;
  readonly #cache: FileCache;

  private constructor(options: StoragesOptions, cache: FileCache) {
    this.#options = options;
    this.#cache = cache;
  }

  static async create(options: StoragesOptions): Promise<S3Storages> {
    const { cacheDirectory: directory, cacheBytesMax: bytesMax } = options;
    return new S3Storages(options, await FileCache.open({ directory, bytesMax }));
  }

  /** Asks nothing of the store yet. `invalid_config` for a URL or options that mean nothing. */
  async open(location: string, options: Options): Promise<S3Storage> {
    const { context } = this.#options;
    const place = parseS3Url(location);
    const endpoint =
      place.endpoint ?? options['aws_endpoint'] ?? endpointOf('s3', context.environment);
    const region = await this.#regionOf(place, endpoint, options);
    const withEndpoint = endpoint === undefined ? options : { ...options, aws_endpoint: endpoint };
    return new S3Storage(
      { ...place, endpoint },
      {
        region,
        endpoint,
        isPathStyle: pathStyleOf(place, endpoint, options),
        credentials: awsCredentials(withEndpoint, region, context),
        encryption: encryptionOf(options),
        cache: this.#cache,
        clock: context.clock,
        random: context.random,
      },
    );
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

/** Stores of one's own seldom have a name for each bucket. */
function pathStyleOf(place: S3Location, endpoint: string | undefined, options: Options): boolean {
  const given = options['path_style'];
  if (given !== undefined) return given === 'true';
  return place.isPathStyle || (endpoint !== undefined && !endpoint.includes('amazonaws.com'));
}

function encryptionOf(options: Options): S3Encryption | undefined {
  if (options['sse'] === 'kms') return { kind: 'kms', keyId: options['sse_kms_key_id'] };
  return options['sse'] === 'aes256' ? { kind: 'aes256' } : undefined;
}
