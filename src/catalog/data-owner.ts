import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const fileName = 'owner.json';

/** Notes that this process has taken the folder. For people alone: the lock is what counts. */
export function writeOwner(root: string): void {
  const owner = { pid: process.pid, host: hostname() };
  writeFileSync(join(root, fileName), `${JSON.stringify(owner)}\n`);
}

/** Who took the folder last, as text; one that is about to say so is just another process. */
export function ownerText(root: string): string {
  const owner = readOwner(root);
  if (owner === undefined) return 'another Helios process';
  return `another Helios process (pid ${owner.pid} on ${owner.host}, since ${owner.since})`;
}

type Owner = { readonly pid: number; readonly host: string };

function readOwner(root: string): (Owner & { readonly since: string }) | undefined {
  try {
    const path = join(root, fileName);
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const isOwner =
      typeof value === 'object' && value !== null && 'pid' in value && 'host' in value;
    if (!isOwner) return undefined;
    return { ...(value as Owner), since: statSync(path).mtime.toISOString() };
  } catch {
    return undefined;
  }
}
