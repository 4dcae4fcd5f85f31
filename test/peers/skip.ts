/**
 * Prints why tests are skipped; with CI=true that is a failure, because there everything is to be
 * tried.
 */
export function unlessRequired(reason: string): undefined {
  if (process.env['CI'] === 'true') throw new Error(`${reason}.`);
  process.stderr.write(`${reason}: its tests are skipped.\n`);
  return undefined;
}
