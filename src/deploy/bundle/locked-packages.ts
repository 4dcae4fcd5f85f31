import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError, systemCode } from '../../base/errors.ts';
import type { BundleTarget } from './node-builds.ts';

/** A package of npm's of which every byte is known beforehand. */
export type LockedPackage = {
  /** Where it is to be, such as `node_modules/ws`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** `sha512-…`, of its tarball. */
  readonly integrity: string;
  /** Machines that it is for, as npm names them; all of them unless given. */
  readonly os?: readonly string[] | undefined;
  readonly cpu?: readonly string[] | undefined;
  readonly libc?: readonly string[] | undefined;
};

/** In `dist/`: what package-lock.json says of the packages that Helios needs at run time. */
export const bundleLockFile = 'bundle-lock.json';

/**
 * A lockfile isn't part of a published package, so building one leaves this for it. Throws
 * `invalid_config` where the lockfile lacks a checksum.
 */
export function bundleLockOf(lockText: string): readonly LockedPackage[] {
  const { packages } = JSON.parse(lockText) as Lockfile;
  return Object.entries(packages)
    .filter(([path, entry]) => path !== '' && entry.dev !== true)
    .map(([path, entry]) => lockedPackage(path, entry))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Those that this target needs, of a clone's lockfile or of what a published package has of it. */
export async function packagesFor(
  packageRoot: string,
  target: BundleTarget,
): Promise<readonly LockedPackage[]> {
  const [os = '', cpu = ''] = target.split('-');
  const isNamed = (names: readonly string[] | undefined, name: string): boolean =>
    names === undefined || names.includes(name);
  return (await readLock(packageRoot)).filter(
    (entry) => isNamed(entry.os, os) && isNamed(entry.cpu, cpu) && isNamed(entry.libc, 'glibc'),
  );
}

/** What this reads of npm's lockfile. */
type Lockfile = { readonly packages: Readonly<Record<string, LockEntry>> };
type LockEntry = Partial<Omit<LockedPackage, 'path'>> & { readonly dev?: boolean };

function lockedPackage(path: string, entry: LockEntry): LockedPackage {
  const { version, integrity, os, cpu, libc } = entry;
  if (version === undefined || integrity === undefined) {
    throw new HeliosError('invalid_config', `The lockfile has no checksum of ${path}.`, {
      hint: 'Make it anew: rm package-lock.json && npm install',
    });
  }
  const place = 'node_modules/';
  const name = entry.name ?? path.slice(path.lastIndexOf(place) + place.length);
  return { path, name, version, integrity, os, cpu, libc };
}

async function readLock(packageRoot: string): Promise<readonly LockedPackage[]> {
  const lock = await readIfThere(join(packageRoot, 'package-lock.json'));
  if (lock !== undefined) return bundleLockOf(lock);
  const built = await readIfThere(join(packageRoot, 'dist', bundleLockFile));
  if (built !== undefined) return JSON.parse(built) as readonly LockedPackage[];
  throw new HeliosError('not_found', `There is no lockfile in ${packageRoot}.`, {
    hint: 'Install Helios again, or run this in a clone of it.',
  });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
