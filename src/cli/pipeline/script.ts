import type { ValidateAnswer } from '../../server/api.ts';
import { HeliosError } from '../../base/errors.ts';
import { scriptFailures } from '../failures.ts';
import type { SourceText } from '../render/failure.ts';
import type { Scope } from '../scope.ts';
import { type ScriptText, withFunctionFiles } from './function-files.ts';

export type ScriptOptions = { readonly command?: string };

export const inlineScript: readonly [string, string] = [
  '-c, --command <sql>',
  'the script itself, instead of a file',
];

/** Of a file, of stdin or of `--command`, with the texts of its functions' files. */
export async function scriptOf(
  scope: Scope,
  file: string,
  command: string | undefined,
): Promise<ScriptText> {
  return await withFunctionFiles(scope, await writtenScript(scope, file, command));
}

async function writtenScript(
  scope: Scope,
  file: string,
  command: string | undefined,
): Promise<SourceText> {
  if (command !== undefined) return { name: '-c', text: command };
  if (file !== '') return withText(await scope.readText(file));
  if (!scope.context.isStdinTty) return withText(await scope.readText('-'));
  throw new HeliosError('invalid_request', 'There is no script.', {
    hint: 'Give a file, - for stdin, or -c with the SQL.',
  });
}

function withText(source: SourceText): SourceText {
  if (source.text.trim() !== '') return source;
  throw new HeliosError('invalid_request', `${source.name} is empty.`, {
    hint: 'Give a file, - for stdin, or -c with the SQL.',
  });
}

/** All errors of a script at once, where it has any. */
export async function checkScript(
  scope: Scope,
  source: ScriptText,
): Promise<Extract<ValidateAnswer, { valid: true }>> {
  const answer = await scope.client.json<ValidateAnswer>({
    method: 'POST',
    path: '/api/v1/pipelines/validate',
    body: { sql: source.sql },
    signal: scope.signal,
  });
  if (!answer.valid) throw scriptFailures(answer.errors, source);
  return answer;
}
