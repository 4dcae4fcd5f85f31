import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { HeliosError } from './errors.ts';

/** What this machine lets a query process be kept from; `doctor` shows it. */
export type SandboxCapabilities = {
  /** `isolated`: a network of its own with nothing in it. */
  readonly network: 'isolated' | 'shared';
  /**
   * `nobody` can't write the tables' files; `same` is who runs Helios; `root` is root, because
   * nobody else could reach the data directory or no other user could be had.
   */
  readonly user: 'nobody' | 'same' | 'root';
  /** `limited` by the system; `watched`: killed soon after it grew too large. */
  readonly memory: 'limited' | 'watched';
};

export type Sandbox = {
  readonly capabilities: SandboxCapabilities;
  /** Program and arguments to start a process with, before the process's own. */
  readonly launcher: readonly string[];
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
};

/**
 * Finds out once what is permitted here, by trying it on a process that does nothing. `directory`
 * is where the processes' private folders will be: another user must be able to get there.
 */
export async function probeSandbox(directory: string): Promise<Sandbox> {
  const isRoot = process.getuid?.() === 0;
  const [launcher, canLimit] = await Promise.all([
    networkLauncher(isRoot),
    works(['prlimit', '--version']),
  ]);
  // In a user namespace of its own the process has no other user to become.
  const isNobody = isRoot && !launcher.includes('-rn') && (await isOpenToAll(directory));
  return {
    launcher,
    user: isNobody ? nobody : undefined,
    capabilities: {
      network: launcher.length > 0 ? 'isolated' : 'shared',
      user: isNobody ? 'nobody' : isRoot ? 'root' : 'same',
      memory: canLimit && process.platform === 'linux' ? 'limited' : 'watched',
    },
  };
}

/**
 * Limits the address space of a process that is ready to what it reserves now and `bytes` more, and
 * the size of the files that it writes.
 */
export async function limitProcess(
  pid: number,
  limits: { readonly extraBytes: number; readonly fileBytesMax: number },
): Promise<void> {
  const addressSpace = (await statusBytes(pid, 'VmSize')) + limits.extraBytes;
  await run('prlimit', [
    '--pid',
    String(pid),
    `--as=${addressSpace}`,
    `--fsize=${limits.fileBytesMax}`,
    '--core=0',
  ]);
}

/** Memory of a process that is really in use, for where it can only be watched. */
export async function residentBytes(pid: number): Promise<number> {
  if (process.platform === 'linux') return statusBytes(pid, 'VmRSS');
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim()) * 1024;
}

const run = promisify(execFile);

/** The user `nobody` of Linux, who owns nothing. */
const nobody = { uid: 65_534, gid: 65_534 };

/** Root gives up its network and then itself; anyone else needs a namespace of users for that. */
async function networkLauncher(isRoot: boolean): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const launchers = isRoot
    ? [
        ['unshare', '-n'],
        ['unshare', '-rn'],
      ]
    : [['unshare', '-rn']];
  for (const launcher of launchers) {
    if (await works([...launcher, 'true'])) return launcher;
  }
  return [];
}

async function works(command: readonly string[]): Promise<boolean> {
  const [program = '', ...arguments_] = command;
  try {
    await run(program, arguments_, { timeout: 5000 });
    return true;
  } catch {
    return false;
  }
}

/** Whether every folder on the way may be passed by everyone. */
async function isOpenToAll(directory: string): Promise<boolean> {
  const path = resolve(directory);
  const { mode } = await stat(path);
  if ((mode & 0o001) === 0) return false;
  return dirname(path) === path || isOpenToAll(dirname(path));
}

async function statusBytes(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) {
    throw new HeliosError('internal', `/proc/${pid}/status has no ${field}.`);
  }
  return Number(kibibytes) * 1024;
}
