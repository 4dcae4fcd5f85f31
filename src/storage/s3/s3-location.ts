import { HeliosError } from '../../base/errors.ts';

/** Where objects lie in a store that speaks S3. */
export type S3Location = {
  readonly bucket: string;
  /** Without a slash at its beginning or end; empty for the bucket itself. */
  readonly prefix: string;
  /** The address of the store, where the URL says one; otherwise AWS's for the region. */
  readonly endpoint: string | undefined;
  /** The region, where the URL says one. */
  readonly region: string | undefined;
  /** The bucket is a part of the path, not of the host's name. */
  readonly isPathStyle: boolean;
};

/**
 * Reads `s3://bucket/prefix`, `s3::http://host:port/bucket/prefix` (any store, path style), and
 * AWS's and R2's own addresses, in path or virtual-host style. `invalid_config` for what is no such
 * URL, saying which are.
 */
export function parseS3Url(text: string): S3Location {
  checkStore(text);
  checkPlain(text);
  const explicit = /^s3::(https?:\/\/.+)$/i.exec(text)?.[1];
  if (explicit !== undefined) return pathStyle(text, url(text, explicit));
  const bare = /^s3[an]?:\/\/(?<bucket>[^/]*)(?:\/(?<key>.*))?$/i.exec(text)?.groups;
  if (bare !== undefined) {
    return located(text, bare['bucket'] ?? '', bare['key'] ?? '', {});
  }
  const r2 = /^r2:\/\/(?<account>[^@/]+)@(?<bucket>[^/]*)(?:\/(?<key>.*))?$/i.exec(text)?.groups;
  if (r2 !== undefined) {
    const endpoint = `https://${r2['account'] ?? ''}.r2.cloudflarestorage.com`;
    const options = { endpoint, region: 'auto', isPathStyle: true };
    return located(text, r2['bucket'] ?? '', r2['key'] ?? '', options);
  }
  if (/^https?:\/\//i.test(text)) return webAddress(text);
  throw refused(text, 'is not a URL of S3');
}

/** The URL of a place in the store, as people write it. */
export function printS3Location(location: S3Location): string {
  const { bucket, prefix, endpoint } = location;
  const path = prefix === '' ? bucket : `${bucket}/${prefix}`;
  return endpoint === undefined ? `s3://${path}` : `s3::${endpoint}/${path}`;
}

const otherStores: ReadonlyMap<string, string> = new Map([
  ['gs', 'Google Cloud Storage'],
  ['abfs', 'Azure Data Lake Storage'],
  ['abfss', 'Azure Data Lake Storage'],
  ['wasb', 'Azure Blob Storage'],
  ['wasbs', 'Azure Blob Storage'],
  ['adl', 'Azure Data Lake Storage'],
  ['hdfs', 'HDFS'],
  ['oss', 'Alibaba OSS'],
  ['cos', 'Tencent COS'],
]);

function webAddress(text: string): S3Location {
  const address = url(text, text);
  const host = address.hostname;
  const virtual = /^(?<bucket>.+)\.s3(?:[.-](?<region>[a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?$/.exec(
    host,
  )?.groups;
  if (virtual !== undefined) {
    const options = { region: virtual['region'] };
    return located(text, virtual['bucket'] ?? '', keyOf(address), options);
  }
  const aws = /^s3(?:[.-](?<region>[a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?$/.exec(host);
  if (aws !== null) {
    const { bucket, prefix } = pathStyle(text, address);
    return located(text, bucket, prefix, { region: aws.groups?.['region'] });
  }
  if (host.endsWith('.r2.cloudflarestorage.com')) {
    return { ...pathStyle(text, address), region: 'auto' };
  }
  throw refused(text, 'is an address of the web, not known to be one of S3');
}

function pathStyle(text: string, address: URL): S3Location {
  const [bucket = '', ...rest] = keyOf(address).split('/');
  return located(text, bucket, rest.join('/'), { endpoint: address.origin, isPathStyle: true });
}

function keyOf(address: URL): string {
  return decodeURIComponent(address.pathname.slice(1));
}

function located(
  text: string,
  bucket: string,
  key: string,
  options: Partial<Pick<S3Location, 'endpoint' | 'region' | 'isPathStyle'>>,
): S3Location {
  const prefix = key.replace(/\/+$/, '');
  if (bucket === '') throw refused(text, 'names no bucket');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/.test(bucket)) {
    throw refused(text, `names a bucket ${JSON.stringify(bucket)} that no store can have`);
  }
  if (prefix.split('/').some((part) => part === '..' || part === '.') || /\/\/|^\//.test(prefix)) {
    throw refused(text, 'has an empty part, "." or ".." in its path');
  }
  return {
    bucket,
    prefix,
    endpoint: options.endpoint,
    region: options.region,
    isPathStyle: options.isPathStyle ?? bucket.includes('.'),
  };
}

function checkStore(text: string): void {
  const scheme = /^([a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase() ?? '';
  const store = otherStores.get(scheme);
  if (store === undefined) return;
  throw refused(maskedUrl(text), `is in ${store}, which Helios can't reach yet`);
}

function checkPlain(text: string): void {
  const address = /^s3::/i.test(text) ? text.slice(4) : text;
  if (!URL.canParse(address)) return;
  const { username, password, search, hash } = new URL(address);
  if (password !== '' || (username !== '' && !/^r2:/i.test(text))) {
    throw refused(maskedUrl(text), 'holds credentials');
  }
  // A store's client would take settings from there, such as another endpoint for our keys.
  if (search !== '' || hash !== '') throw refused(text, 'has a query or a fragment');
}

function maskedUrl(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//…@');
}

function url(text: string, address: string): URL {
  if (!URL.canParse(address)) throw refused(text, 'is not a URL');
  return new URL(address);
}

function refused(text: string, why: string): HeliosError {
  return new HeliosError('invalid_config', `${JSON.stringify(text)} ${why}.`, {
    hint:
      'Write s3://BUCKET/FOLDER, s3::http://HOST:PORT/BUCKET/FOLDER for a store of your own, ' +
      'r2://ACCOUNT@BUCKET/FOLDER, or a path on this machine.',
  });
}
