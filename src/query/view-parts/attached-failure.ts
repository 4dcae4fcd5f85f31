import { HeliosError } from '../../base/errors.ts';

/**
 * A failure that names a file by its link, with the name that people know; of CSV, with the line
 * and what is wrong with it, without advice on options that nobody can set here.
 */
export function withFileNames(
  failure: HeliosError,
  names: ReadonlyMap<string, string>,
): HeliosError {
  const found = [...names].find(([link]) => failure.message.includes(link));
  if (found === undefined) return failure;
  const [link, name] = found;
  const { code, message, details } = failure;
  const csv = /CSV Error on Line: (\d+)\n(?:Original Line: (.*)\n)?(.*)/.exec(message);
  const text =
    csv === null
      ? (message.replaceAll(link, name).split('\n')[0] ?? '').replace(/ Try .*/, '')
      : `${name}, line ${csv[1]}: ${csv[3]}: ${csv[2] ?? ''}`;
  return new HeliosError(code, text, {
    hint: 'Correct the file, or move it out of the folder.',
    details,
    cause: failure,
  });
}
