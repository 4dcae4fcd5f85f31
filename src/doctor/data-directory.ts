import { existsSync } from 'node:fs';
import { link, mkdtemp, open, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { HeliosError, systemCode } from '../base/errors.ts';
import { DataDirectory } from '../catalog/data-directory.ts';
import { type Check, fail, type Finding, ok, reasonOf, warn } from './check.ts';

/**
 * What Helios needs of the folder that it keeps everything in. `path` is absolute and may not exist
 * yet. `isHeld`: by this process, so that nobody else can open it.
 */
export function dataDirectoryChecks(
  path: string,
  { clock, isHeld }: { readonly clock: Clock; readonly isHeld: boolean },
): readonly Check[] {
  // Tried in a folder of its own that is removed again, as near to the data as there is one.
  const place = nearestFolder(path);
  return [
    {
      name: 'data directory',
      why: 'Everything that Helios keeps is in it, and belongs to one Helios at a time.',
      run: async () =>
        isHeld ? await inFolder(place, async () => ok(path)) : await openFinding(path, place),
    },
    {
      name: 'free space',
      why: 'Without room no event is acknowledged, and tables stand still.',
      run: () => spaceFinding(place),
    },
    {
      name: 'durable writes',
      why: 'An ok waits until the disk has the event.',
      run: () => inFolder(place, (folder) => fsyncFinding(folder, clock)),
    },
    {
      name: 'hard links',
      why: 'A commit takes a name that nobody has; a query keeps the files that it reads.',
      run: () => inFolder(place, linkFinding),
    },
    {
      name: 'clock of the disk',
      why: 'Files that nobody names any more are told by their age.',
      run: () => inFolder(place, (folder) => skewFinding(folder, clock)),
    },
  ];
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

async function inFolder(
  place: string,
  action: (folder: string) => Promise<Finding>,
): Promise<Finding> {
  let folder: string;
  try {
    folder = await mkdtemp(join(place, '.helios-doctor-'));
  } catch (thrown) {
    return fail(`${place} can't be written: ${reasonOf(thrown)}`, writableHint);
  }
  try {
    return await action(folder);
  } catch (thrown) {
    return fail(reasonOf(thrown), 'Give --data a folder on another disk.');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const writableHint = 'Make it writable for this user, or give --data another folder.';

async function openFinding(path: string, place: string): Promise<Finding> {
  // Only what is Helios's already is opened: looking must not make anything.
  if (!existsSync(join(path, 'helios.json'))) {
    return inFolder(place, async () =>
      ok(path === place ? `${path} is writable, and new` : `${path} will be made`),
    );
  }
  try {
    DataDirectory.open(path).close();
    return ok(path);
  } catch (thrown) {
    if (!(thrown instanceof HeliosError)) throw thrown;
    const hint = thrown.hint ?? writableHint;
    // That is as it should be while Helios runs.
    if (thrown.code === 'data_dir_locked') return warn(thrown.message, hint);
    return fail(thrown.message, hint);
  }
}

const spaceLowBytes = 2 * 1024 ** 3;
const spaceNoneBytes = 100 * 1024 ** 2;

async function spaceFinding(place: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(place);
  const text = `${((bavail * bsize) / 1e9).toFixed(1)} GB free`;
  if (bavail * bsize < spaceNoneBytes)
    return fail(text, 'Make room: Helios answers 507 when it is full.');
  if (bavail * bsize < spaceLowBytes)
    return warn(text, 'Make room, or bound streams: --retention-size.');
  return ok(text);
}

const fsyncCount = 20;
const fsyncSlowMs = 20;

async function fsyncFinding(folder: string, clock: Clock): Promise<Finding> {
  const timesMs: number[] = [];
  const file = await open(join(folder, 'fsync'), 'w');
  try {
    for (let round = 0; round < fsyncCount; round++) {
      const startMs = clock.monotonicMs();
      await file.write(Buffer.alloc(4_096, round));
      await file.datasync();
      timesMs.push(clock.monotonicMs() - startMs);
    }
  } finally {
    await file.close();
  }
  const medianMs = timesMs.toSorted((left, right) => left - right)[fsyncCount / 2] ?? 0;
  const text = `fsync takes ${medianMs.toFixed(2)}ms (median)`;
  if (medianMs < fsyncSlowMs) return ok(text);
  return warn(text, 'Acknowledgements wait for it: a local SSD takes about 1 ms.');
}

/**
 * Commits rest on a link that fails where the name is taken; queries on links to the files they
 * read.
 */
async function linkFinding(folder: string): Promise<Finding> {
  const existing = join(folder, 'existing');
  const added = join(folder, 'added');
  await writeFile(existing, '');
  const hint = 'Give --data a folder on a local disk (ext4, xfs, btrfs, zfs, APFS, NTFS).';
  try {
    await link(existing, added);
  } catch (thrown) {
    return fail(`do not work: ${reasonOf(thrown)}`, hint);
  }
  try {
    await link(existing, added);
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') return ok('work, and refuse a name that is taken');
    return fail(`fail in a strange way: ${reasonOf(thrown)}`, hint);
  }
  return fail('overwrite a name that is taken', hint);
}

const skewMsMax = 5_000;

async function skewFinding(folder: string, clock: Clock): Promise<Finding> {
  const path = join(folder, 'now');
  await writeFile(path, '');
  const skewMs = Math.abs((await stat(path)).mtimeMs - clock.nowMs());
  if (skewMs < skewMsMax) return ok('agrees with this machine');
  return warn(
    `is ${Math.round(skewMs / 1000)} s off from this machine's`,
    'Files of other machines may look older or newer than they are: synchronise the clocks.',
  );
}
