import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const built = join(import.meta.dirname, '..', '..', 'dist', 'console');

/** A file of the built console that is loaded before the first page is seen. */
export type ShellFile = {
  readonly name: string;
  readonly text: string;
  readonly gzipBytes: number;
};

/** What this reads of Vite's manifest. */
type Chunk = {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
};

/** The files of the entry and of all that it imports at once. */
export function shellFiles(): readonly ShellFile[] {
  const manifest = readFileSync(join(built, 'manifest.json'), 'utf8');
  const chunks = JSON.parse(manifest) as Readonly<Record<string, Chunk>>;
  const keys = new Set(Object.keys(chunks).filter((key) => chunks[key]?.isEntry === true));
  for (const key of keys) for (const imported of chunks[key]?.imports ?? []) keys.add(imported);
  const names = [...keys].flatMap((key) => [chunks[key]!.file, ...(chunks[key]!.css ?? [])]);
  return [...new Set(names)].map((name) => {
    const bytes = readFileSync(join(built, name));
    return { name, text: bytes.toString(), gzipBytes: gzipSync(bytes).length };
  });
}
