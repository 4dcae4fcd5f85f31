import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unlessRequired } from './skip.ts';

const run = promisify(execFile);
const module = 'helm.sh/helm/v3/cmd/helm@v3.22.0';
/** Building it takes minutes where nothing is cached. */
const buildTimeoutMs = 900_000;

/** Path of Helm, built from its source; undefined, with a printed reason, where there is no Go. */
export async function helmProgram(): Promise<string | undefined> {
  const go = await run('go', ['env', 'GOPATH']).catch(() => undefined);
  if (go === undefined) return unlessRequired('There is no Go to build helm with');
  const program = join(go.stdout.trim(), 'bin', 'helm');
  if (!existsSync(program)) await run('go', ['install', module], { timeout: buildTimeoutMs });
  return program;
}
