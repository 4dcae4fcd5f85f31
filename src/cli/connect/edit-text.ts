import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeliosError } from '../../base/errors.ts';
import type { CliContext } from '../context.ts';

/** The text as a person leaves it in $VISUAL or $EDITOR. `invalid_config` where there is none. */
export async function editText(
  { environment }: Pick<CliContext, 'environment'>,
  text: string,
): Promise<string> {
  const editor = environment['VISUAL'] ?? environment['EDITOR'] ?? '';
  if (editor === '') {
    throw new HeliosError('invalid_config', 'There is no editor: $EDITOR is not set.', {
      hint: 'Set it, for example: export EDITOR=vi.',
    });
  }
  const directory = await mkdtemp(join(tmpdir(), 'helios-edit-'));
  const path = join(directory, 'pipeline.sql');
  try {
    await writeFile(path, text);
    // As other programs do: the variable may hold arguments.
    const child = spawn('/bin/sh', ['-c', `${editor} "$0"`, path], { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code === 0) return await readFile(path, 'utf8');
    throw new HeliosError('invalid_config', `The editor ended with ${code ?? 'a signal'}.`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
