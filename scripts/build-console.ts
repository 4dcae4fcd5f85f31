/**
 * Builds the console (src/console) into dist/console, with each file also compressed, so that the
 * server never compresses at run time. `npm run build` does it for the package, scripts/setup.mjs
 * for a clone whose console is older than its source.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'vite';

const root = join(import.meta.dirname, '..');
const output = join(root, 'dist', 'console');

await build({
  configFile: false,
  root: join(root, 'src', 'console'),
  base: '/',
  logLevel: 'warn',
  build: {
    outDir: output,
    emptyOutDir: true,
    target: 'es2023',
    cssTarget: ['chrome125', 'firefox125', 'safari18'],
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
  },
});
for (const entry of readdirSync(output, { recursive: true, encoding: 'utf8' })) {
  const path = join(output, entry);
  if (!statSync(path).isFile()) continue;
  const bytes = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
}
