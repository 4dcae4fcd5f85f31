import type { AwsAccount } from '../account/account.ts';
import { listObjects } from '../account/bucket.ts';
import { prefixes } from '../../template/names.ts';

/** A bundle in the stack's bucket: a version of Helios that the machine can run. */
export type Release = {
  readonly key: string;
  readonly sha256: string;
  readonly version: string;
  readonly uploadedAtMs: number;
};

/** Its key says all that there is to know of it. */
export function releaseKey({ sha256, version }: Pick<Release, 'sha256' | 'version'>): string {
  return `${prefixes.releases}/${version}/${sha256}.tar.gz`;
}

/** Undefined for what is no bundle. */
export function parseReleaseKey(key: string): Pick<Release, 'sha256' | 'version'> | undefined {
  const [folder, version = '', file = ''] = key.split('/');
  const sha256 = /^([\da-f]{64})\.tar\.gz$/.exec(file)?.[1];
  return folder === prefixes.releases && sha256 !== undefined ? { sha256, version } : undefined;
}

/** Oldest first. */
export async function releasesIn(account: AwsAccount, bucket: string): Promise<readonly Release[]> {
  const objects = await listObjects(account, bucket, `${prefixes.releases}/`);
  return objects
    .flatMap(({ key, modifiedAtMs }) => {
      const parsed = parseReleaseKey(key);
      return parsed === undefined ? [] : [{ key, ...parsed, uploadedAtMs: modifiedAtMs }];
    })
    .toSorted((a, b) => a.uploadedAtMs - b.uploadedAtMs);
}

/** The newest that is older than the one that runs; undefined: there is none to go back to. */
export function releaseBefore(
  releases: readonly Release[],
  currentKey: string,
): Release | undefined {
  const at = releases.findIndex(({ key }) => key === currentKey);
  return at < 0 ? undefined : releases[at - 1];
}
