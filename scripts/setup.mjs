/**
 * Makes a fresh clone ready, then runs a file with the project's own Node:
 *
 *     node scripts/setup.mjs FILE [ARGUMENT…]
 *
 * Needs nothing but Node 20 or newer and npm: no packages, no TypeScript, no shell.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodePath = join(
  root,
  ...(process.platform === 'win32'
    ? ['node_modules', 'node', 'bin', 'node.exe']
    : ['node_modules', 'node', 'bin', 'node']),
);

/** Installs what is missing, then becomes `node FILE …` under the Node of node_modules. */
export function run(commandArguments) {
  setUp();
  if (commandArguments.includes('start')) buildConsole();
  const environment = {
    ...process.env,
    PATH: `${dirname(nodePath)}${delimiter}${process.env['PATH'] ?? ''}`,
    // Compiled code is kept from run to run: it halves the time until a command begins.
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled'),
    // DuckDB's statements each keep one of these threads; with the usual 4, files would wait.
    UV_THREADPOOL_SIZE: process.env['UV_THREADPOOL_SIZE'] ?? '16',
  };
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(nodePath, [nodePath, ...commandArguments], environment);
  }
  runAsChild(commandArguments, environment);
}

function setUp() {
  if (isInstalled()) return;
  const startedAtMs = Date.now();
  process.stderr.write('Setting up: installing packages with npm (about half a minute) …');
  // Asked first, because an install takes minutes to find out that there is no registry.
  const probe = npm(['view', 'node', 'version', '--fetch-retries=1', '--fetch-timeout=20000']);
  if (probe.status !== 0) fail(probe);
  // Not `npm ci`: it refuses a lock file that lacks other platforms' builds, which is what npm
  // writes behind a mirror that has only some of them. The versions are the lock file's all the
  // same.
  const outcome = npm(['install', '--no-save', '--no-audit', '--no-fund']);
  if (outcome.status !== 0) fail(outcome);
  process.stderr.write(` done in ${Math.round((Date.now() - startedAtMs) / 1000)} s.\n`);
  if (isInstalled()) return;
  process.stderr.write(
    'npm install succeeded, yet node_modules is not what package-lock.json says. Are install ' +
      'scripts or development packages switched off? Run:\n' +
      'npm install --no-save --ignore-scripts=false --include=dev\n',
  );
  process.exit(1);
}

/** The console is built where it is missing or older than its source. */
function buildConsole() {
  const options = [join(root, 'scripts', 'build-console.ts'), '--if-older'];
  const outcome = spawnSync(nodePath, options, { cwd: root, stdio: ['ignore', 2, 2] });
  if (outcome.status === 0) return;
  process.stderr.write('Building it failed: Helios runs without, / says how.\n');
}

function npm(npmArguments) {
  const path = process.env['npm_execpath'];
  const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };
  const all = [...npmArguments, '--loglevel=error'];
  if (path !== undefined) return spawnSync(process.execPath, [path, ...all], options);
  return spawnSync('npm', all, { ...options, shell: process.platform === 'win32' });
}

/**
 * npm lists what it installed in node_modules/.package-lock.json: compare that with what is asked.
 */
function isInstalled() {
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined || !existsSync(nodePath)) return false;
  const wanted = packagesOf(join(root, 'package-lock.json')) ?? {};
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '' || (optional && installed[path] === undefined)) return true;
    return installed[path]?.version === version;
  });
}

function packagesOf(path) {
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

function fail(outcome) {
  const output = `${outcome.stderr ?? ''}${outcome.error?.message ?? ''}`.trim();
  const isNetwork =
    /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ERR_SOCKET|ENETUNREACH/.test(output);
  const hint = isNetwork
    ? 'The package registry could not be reached. Check the network and proxy settings ' +
      '(npm config get registry, npm config get proxy), then run the same command again.'
    : 'Installing the packages failed. Once the cause above is gone, run the same command again.';
  process.stderr.write(` failed.\n\n${output}\n\n${hint}\n`);
  process.exit(1);
}

/**
 * For a Node that can't replace itself (before 22.15): a child that gets our signals and ends us.
 */
function runAsChild(commandArguments, environment) {
  const child = spawn(nodePath, commandArguments, { stdio: 'inherit', env: environment });
  // A terminal sends Ctrl+C to both processes: passing it on would make it count twice.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  child.on('error', (error) => {
    process.stderr.write(`${nodePath} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) run(process.argv.slice(2));
