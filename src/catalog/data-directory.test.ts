import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import { DataDirectory } from './data-directory.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'helios-data-'));
});

afterEach(() => {
  chmodSync(root, 0o755);
  rmSync(root, { recursive: true, force: true });
});

function failure(path: string): HeliosError {
  try {
    DataDirectory.open(path).close();
  } catch (thrown) {
    if (thrown instanceof HeliosError) return thrown;
    throw thrown;
  }
  throw new Error('did not fail');
}

describe('a data directory', () => {
  test('is made where it is missing, and opened again', () => {
    const path = join(root, 'new', 'data');
    const data = DataDirectory.open(path);
    expect(existsSync(data.inside('log'))).toBe(true);
    writeFileSync(data.inside('tmp', 'left'), 'by a crash');
    data.close();
    const again = DataDirectory.open(path);
    expect(existsSync(again.inside('tmp', 'left'))).toBe(false);
    again.close();
  });

  test('is held by one at a time, and free when that one ends', () => {
    const data = DataDirectory.open(root);
    const module = pathToFileURL(join(import.meta.dirname, 'data-directory.ts')).href;
    const script = `import { DataDirectory } from ${JSON.stringify(module)};
      try { DataDirectory.open(process.argv[1]); console.log('opened'); }
      catch (thrown) { console.log(thrown.code); }`;
    const open = (): string =>
      spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script, root], {
        encoding: 'utf8',
      }).stdout.trim();
    expect(open()).toBe('data_dir_locked');
    expect(failure(root).code).toBe('data_dir_locked');
    data.close();
    expect(open()).toBe('opened');
    DataDirectory.open(root).close();
  });

  test('of a newer Helios, or of somebody else, is refused', () => {
    writeFileSync(join(root, 'helios.json'), '{"layout": 99}');
    expect(failure(root)).toMatchObject({ code: 'data_dir_unusable' });
    expect(failure(root).message).toContain('has layout 99; this Helios knows up to 1');
    for (const text of ['', 'not json', '{"name":"my app"}', '[]', '{"layout":"1"}']) {
      writeFileSync(join(root, 'helios.json'), text);
      expect(failure(root).message).toContain("is not Helios's");
    }
  });

  test('that is a file, or that nobody may write, is refused', () => {
    writeFileSync(join(root, 'file'), '');
    expect(failure(join(root, 'file')).code).toBe('data_dir_unusable');
    expect(failure(join(root, 'file', 'below')).code).toBe('data_dir_unusable');
    if (process.getuid?.() === 0) return;
    chmodSync(root, 0o555);
    expect(failure(root).message).toContain("can't be written");
  });
});
