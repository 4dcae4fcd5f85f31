/**
 * `npm run build`: compiles src/ to dist/, and the console to dist/console, for the package; with
 * what the lockfile says of the packages that Helios needs, for `helios deploy`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleLockFile, bundleLockOf } from '../src/deploy/bundle/locked-packages.ts';

const root = join(import.meta.dirname, '..');
rmSync(join(root, 'dist'), { recursive: true, force: true });
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const outcome = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
const bundled = spawnSync(process.execPath, [join(import.meta.dirname, 'build-console.ts')], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = outcome.status === 0 ? (bundled.status ?? 1) : 1;
const lock = bundleLockOf(readFileSync(join(root, 'package-lock.json'), 'utf8'));
writeFileSync(join(root, 'dist', bundleLockFile), JSON.stringify(lock));
