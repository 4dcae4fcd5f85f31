/**
 * Builds the console (src/console) into dist/console, with each file also compressed, so that the
 * server never compresses at run time. `npm run build` does it for the package; with `--if-older`
 * nothing is done unless the source is newer than what was built, as for `npm start` and tests.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { brotliCompressSync, constants } from 'node:zlib';

const root = join(import.meta.dirname, '..');
const output = join(root, 'dist', 'console');
const sources = ['src/console', 'scripts/build-console.ts', 'package-lock.json'];
/** Which chunk needs which others; not served. */
const manifest = 'manifest.json';
const lockWaitMs = 120_000;

const cache = join(root, 'node_modules', '.cache');
mkdirSync(cache, { recursive: true });
// SQLite's lock is the system's: it goes with its process, however that ends.
const lock = new DatabaseSync(join(cache, 'console.lock'), { timeout: lockWaitMs });
lock.exec('BEGIN EXCLUSIVE');
if (!process.argv.includes('--if-older') || isOlder()) await buildConsole();
lock.close();

/** In a folder beside, which then takes the place of the old one: no reader finds it in parts. */
async function buildConsole(): Promise<void> {
  process.stderr.write('Building the console …\n');
  const startedAt = new Date();
  // Of whoever builds it, such as a test: React would be the slow one that helps its developers.
  process.env['NODE_ENV'] = 'production';
  const { build } = await import('vite');
  const made = join(root, 'dist', `console-${process.pid}`);
  mkdirSync(made, { recursive: true });
  try {
    await build({
      configFile: false,
      root: join(root, 'src', 'console'),
      base: '/',
      logLevel: 'warn',
      build: {
        outDir: made,
        emptyOutDir: true,
        target: 'es2023',
        cssTarget: ['chrome125', 'firefox125', 'safari18'],
        assetsDir: 'assets',
        assetsInlineLimit: 0,
        manifest,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
        chunkSizeWarningLimit: 2000,
        // How long plugins take is of no use to whoever starts Helios.
        rolldownOptions: { checks: { pluginTimings: false } },
      },
    });
    compressAll(made);
    // What was changed meanwhile is newer than this.
    utimesSync(join(made, 'index.html'), startedAt, startedAt);
    rmSync(output, { recursive: true, force: true });
    renameSync(made, output);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function compressAll(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, entry);
    if (!statSync(path).isFile() || entry === manifest) continue;
    const bytes = readFileSync(path);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
  }
}

function isOlder(): boolean {
  const built = join(output, 'index.html');
  const builtAtMs = existsSync(built) ? statSync(built).mtimeMs : 0;
  return sources.some((path) => newestMs(join(root, path)) > builtAtMs);
}

/** When a file, or anything in a folder, was last changed. */
function newestMs(path: string): number {
  const facts = statSync(path);
  if (!facts.isDirectory()) return facts.mtimeMs;
  const below = readdirSync(path).map((name) => newestMs(join(path, name)));
  return Math.max(facts.mtimeMs, ...below);
}
