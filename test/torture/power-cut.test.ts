import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { SeededRandom } from '../../src/cli/generate/random.ts';
import { PowerCut } from './power-cut.ts';

const base = mkdtempSync(join(tmpdir(), 'helios-power-'));
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** What the victim does before it is killed; `folder` is its working directory. */
const program = `
  import { open, rename, mkdir, link, writeFile } from 'node:fs/promises';
  async function write(path, text, isSynced) {
    const file = await open(path, 'a');
    await file.writeFile(text);
    if (isSynced) await file.sync();
    await file.close();
  }
  async function syncFolder(path) {
    const folder = await open(path, 'r');
    await folder.sync();
    await folder.close();
  }
  await write('kept', 'forced', true);
  await write('kept', ' and not', false);
  await write('empty', 'never forced', false);
  await write('temporary', 'renamed', true);
  await rename('temporary', 'final');
  await link('final', 'linked');
  await writeFile('old', 'was there before');
  await syncFolder('.');
  await mkdir('nameless');
  await write('unnamed', 'forced, but not its name', true);
  process.kill(process.pid, 'SIGKILL');
`;

test('what was forced to disk is kept, and nothing else', () => {
  const folder = join(base, 'disk');
  mkdirSync(folder);
  writeFileSync(join(folder, 'old'), 'was there');
  const power = new PowerCut([folder], join(base, 'ledger'), new SeededRandom(1));
  const recorder = join(import.meta.dirname, 'sync-recorder.ts');
  spawnSync(process.execPath, ['--import', recorder, '--input-type=module', '--eval', program], {
    cwd: folder,
    env: { ...process.env, HELIOS_SYNC_LEDGER: power.ledgerPath },
  });
  const lost = power.cut();
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  expect(text('kept')).toMatch(/^forced( and no?)?$/);
  expect('never forced'.startsWith(text('empty'))).toBe(true);
  expect(text('final')).toBe('renamed');
  expect(text('linked')).toBe('renamed');
  expect(text('old')).toMatch(/^was there/);
  expect(existsSync(join(folder, 'nameless'))).toBe(false);
  expect(existsSync(join(folder, 'unnamed'))).toBe(false);
  expect(lost.files).toBe(2);
});
