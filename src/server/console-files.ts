import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { systemCode } from '../base/errors.ts';

/** A file of the console, read once. */
type ConsoleFile = {
  readonly bytes: Buffer;
  /** The same, compressed with brotli. */
  readonly brotli: Buffer | undefined;
  readonly type: string;
  readonly tag: string;
};

/**
 * The built console, all of it in memory: it is small, and what is asked for is found by its whole
 * name or not at all, so that no path leads anywhere else.
 */
export class ConsoleFiles {
  readonly #files: ReadonlyMap<string, ConsoleFile>;

  private constructor(files: ReadonlyMap<string, ConsoleFile>) {
    this.#files = files;
  }

  /** Undefined where the console was not built. */
  static async read(directory: string): Promise<ConsoleFiles | undefined> {
    const names = await namesIn(directory);
    if (!names.includes('index.html')) return undefined;
    const files = new Map<string, ConsoleFile>();
    for (const name of names) {
      const type = types[extname(name)];
      if (type === undefined) continue;
      const bytes = await readFile(join(directory, name));
      const compressed = `${name}.br`;
      const brotli = names.includes(compressed)
        ? await readFile(join(directory, compressed))
        : undefined;
      const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
      files.set(name, { bytes, brotli, type, tag });
    }
    return new ConsoleFiles(files);
  }

  /** By its path below the console's folder, as in `assets/index.js`. */
  get(name: string): ConsoleFile | undefined {
    return this.#files.get(name);
  }
}

/**
 * Nothing but the server's own files, and no code but theirs. Styles are set by scripts through the
 * object model, which needs no `unsafe-inline`.
 */
export const consolePolicy: string =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { recursive: true });
    return entries.map((entry) => entry.replaceAll('\\', '/'));
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
