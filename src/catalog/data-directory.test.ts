import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { checkCatalogIsThere, DataDirectory } from './data-directory.ts';

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
    const script = `import { checkCatalogIsThere, DataDirectory } from ${JSON.stringify(module)};
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

  test('tells who holds it', () => {
    const data = DataDirectory.open(root);
    expect(failure(root).message).toContain(`another Helios process (pid ${process.pid} on `);
    for (const text of ['', '{', 'null', '{"pid":1}']) {
      writeFileSync(join(root, 'owner.json'), text);
      expect(failure(root).message).toMatch(/is in use by another Helios process\.$/);
    }
    data.close();
  });

  test('is waited for by a standby, which is told for whom', async () => {
    const data = DataDirectory.open(root);
    const owners: string[] = [];
    let sleeps = 0;
    const clock = {
      ...systemClock,
      sleep: async (): Promise<void> => {
        sleeps++;
        if (sleeps === 3) writeFileSync(join(root, 'owner.json'), '');
        if (sleeps === 5) data.close();
        await Promise.resolve();
      },
    };
    const { signal } = new AbortController();
    const onWait = (owner: string): void => void owners.push(owner);
    const next = await DataDirectory.whenFree(root, { clock, signal, onWait });
    expect(sleeps).toBe(5);
    expect(owners).toEqual([
      expect.stringContaining(`pid ${process.pid} on `),
      'another Helios process',
    ]);
    expect(failure(root).code).toBe('data_dir_locked');
    next.close();
  });

  test('is waited for until the signal says stop; what is no data directory is not', async () => {
    const data = DataDirectory.open(root);
    const stop = new AbortController();
    const onWait = (): void => stop.abort(new Error('enough'));
    const waiting = { clock: systemClock, signal: stop.signal, onWait };
    await expect(DataDirectory.whenFree(root, waiting)).rejects.toThrow();
    data.close();
    writeFileSync(join(root, 'helios.json'), '{"layout": 99}');
    const { signal } = new AbortController();
    const other = DataDirectory.whenFree(root, { ...waiting, signal });
    await expect(other).rejects.toMatchObject({ code: 'data_dir_unusable' });
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

  test('that has pipelines without a catalog is not begun anew', () => {
    const data = DataDirectory.open(root);
    try {
      expect(() => checkCatalogIsThere(data)).not.toThrow();
      mkdirSync(data.inside('pipelines', 'some-id'));
      expect(() => checkCatalogIsThere(data)).toThrow(/catalog\.db is gone, its pipelines are not/);
      writeFileSync(data.inside('catalog.db'), '');
      expect(() => checkCatalogIsThere(data)).toThrow(/is gone/);
      writeFileSync(data.inside('catalog.db'), 'of something');
      expect(() => checkCatalogIsThere(data)).not.toThrow();
    } finally {
      data.close();
    }
  });

  test('that is a file, or that nobody may write, is refused', () => {
    writeFileSync(join(root, 'file'), '');
    expect(failure(join(root, 'file')).code).toBe('data_dir_unusable');
    expect(failure(join(root, 'file', 'below')).code).toBe('data_dir_unusable');
    // Where there is a /proc: no folder can be made there, by anybody.
    expect(failure('/proc/helios/data').message).toContain("can't be written");
    if (process.getuid?.() === 0) return;
    chmodSync(root, 0o555);
    expect(failure(root).message).toContain("can't be written");
  });
});
