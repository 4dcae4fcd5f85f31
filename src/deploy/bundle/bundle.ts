import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { writeGzipFile } from './gzip-file.ts';
import { type LockedPackage, packagesFor } from './locked-packages.ts';
import { type BundleTarget, nodeBuilds } from './node-builds.ts';
import { type NpmSettings, PackageTarballs } from './package-tarballs.ts';
import { programFiles } from './program-files.ts';
import { type BundleFile, packageFiles, tarChunks, tarEnd } from './tar.ts';

export type BundleOptions = NpmSettings & {
  readonly target: BundleTarget;
  /** Of Helios: a clone, or an installed package. Absolute. */
  readonly packageRoot: string;
  /** Helios's own, for the file's name. */
  readonly version: string;
  /** Where the file goes; it must be there. */
  readonly directory: string;
  /** What is being done, for people: some words without a full stop. */
  readonly onStep?: ((step: string) => void) | undefined;
};

export type Bundle = {
  /** `helios-VERSION-TARGET.tar.gz` in the directory. */
  readonly path: string;
  /** In hex. */
  readonly sha256: string;
  readonly bytes: number;
};

/** All that is in the archive is in this folder. */
const bundleFolder = 'helios';

/**
 * Makes one file that has everything: Node, Helios compiled, and the packages that it needs, for
 * one kind of machine. It needs nothing there but glibc, tar, gzip and coreutils, and no network.
 * Packages are those of the lockfile to the byte. The same Helios makes the same file, with one
 * release of Node. `tar -xzf FILE && helios/helios start` runs it.
 */
export async function makeBundle(options: BundleOptions): Promise<Bundle> {
  const { target, packageRoot, version, directory, signal } = options;
  const step = options.onStep ?? ((): void => undefined);
  const node = nodeBuilds[target];
  const packages = await packagesFor(packageRoot, target);
  step('collecting packages');
  await using tarballs = await PackageTarballs.fetch([node, ...packages], options, (count) =>
    step(`fetching ${count} ${count === 1 ? 'package' : 'packages'} by npm`),
  );
  step('collecting Helios');
  const program = await programFiles(packageRoot, signal);
  step('packing');
  const path = join(directory, `helios-${version}-${target}.tar.gz`);
  const files = async function* (): AsyncGenerator<BundleFile> {
    yield launcher;
    yield* program;
    for (const locked of packages) yield* await filesOf(locked, tarballs, isNeeded);
    yield* await filesOf(node, tarballs, isNodeNeeded);
  };
  return { path, ...(await writeGzipFile(path, archive(files(), signal))) };
}

/**
 * Found by its own place; a link to it counts as itself. Queries need `mkfifo` of the system, and
 * use `prlimit` and `unshare`: where the PATH is empty, they are looked for in the usual places.
 */
const launcher: BundleFile = {
  path: 'helios',
  isExecutable: true,
  bytes: Buffer.from(
    [
      '#!/bin/sh',
      'self=$0',
      'if [ -L "$self" ]; then self=$(/usr/bin/readlink -f "$self"); fi',
      'case $self in */*) here=${self%/*} ;; *) here=. ;; esac',
      'export PATH="${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"',
      'exec "$here/node/bin/node" "$here/bin/helios" "$@"',
      '',
    ].join('\n'),
  ),
};

/** Types and maps are for those who write programs. Licences stay. */
function isNeeded(path: string): boolean {
  return !/\.(d\.[cm]?ts|map)$/.test(path);
}

/** Without the headers and manuals, and without npm. */
function isNodeNeeded(path: string): boolean {
  return path === 'bin/node' || path === 'LICENSE';
}

async function filesOf(
  locked: LockedPackage,
  tarballs: PackageTarballs,
  isTaken: (path: string) => boolean,
): Promise<readonly BundleFile[]> {
  const archiveBytes = await promisify(gunzip)(await tarballs.read(locked));
  return [...packageFiles(archiveBytes)]
    .filter((file) => isTaken(file.path))
    .map((file) => ({ ...file, path: `${locked.path}/${file.path}` }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function* archive(
  files: AsyncIterable<BundleFile>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const file of files) {
    signal?.throwIfAborted();
    yield* tarChunks({ ...file, path: `${bundleFolder}/${file.path}` });
  }
  yield tarEnd;
}
