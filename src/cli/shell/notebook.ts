import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { HeliosError, systemCode } from '../../base/errors.ts';
import { inSource } from '../failures.ts';
import type { SourceText } from '../render/failure.ts';
import type { Scope } from '../scope.ts';
import { allStatements } from './statements.ts';

export type NotebookOrder = {
  /** Undefined where nothing was given. */
  readonly source: SourceText | undefined;
  /** As it was typed; `-` is stdout. */
  readonly file: string;
  readonly params: Readonly<Record<string, unknown>> | undefined;
};

/**
 * Has the server make a notebook of the one query of a text, and writes it to a new file.
 * `invalid_request` for more or fewer queries, `already_exists` for a file that is there.
 */
export async function writeNotebook(scope: Scope, order: NotebookOrder): Promise<void> {
  const { source, file } = order;
  const [statement, ...others] = source === undefined ? [] : allStatements(source.text);
  if (source === undefined || statement === undefined || others.length > 0) {
    throw new HeliosError('invalid_request', 'A notebook is made of one query.', {
      hint: 'Give it with -c SQL, or with -f FILE where the file has one.',
    });
  }
  const { sql, lineStart } = statement;
  const title = file === '-' ? undefined : basename(file).replace(/\.ipynb$/i, '');
  const text = await inSource({ name: source.name, text: sql, lineStart }, async () => {
    const notebook = await scope.client.json<unknown>({
      method: 'POST',
      path: '/api/v1/query/notebook',
      body: { sql, params: order.params, title },
      signal: scope.signal,
    });
    return `${JSON.stringify(notebook, undefined, 1)}\n`;
  });
  if (file === '-') return scope.output.data(text);
  await writeNew(scope.path(file), { text, typed: file });
  scope.output.talk(`Wrote ${file}. Open it: jupyter lab ${file}`);
}

async function writeNew(
  path: string,
  { text, typed }: { readonly text: string; readonly typed: string },
): Promise<void> {
  try {
    // What somebody has done in a notebook since is not to be lost.
    await writeFile(path, text, { flag: 'wx' });
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') {
      throw new HeliosError('already_exists', `${typed} is there already.`, {
        hint: 'Choose another name, or delete it first.',
      });
    }
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new HeliosError('invalid_request', `Can't write ${typed}: ${reason}.`, { cause: thrown });
  }
}
