import { CommanderError } from 'commander';
import { asHeliosError, errorCodes, HeliosError, type ErrorCode } from '../base/errors.ts';
import type { ScriptErrorAnswer } from '../server/api.ts';
import { type Output, StdoutClosed } from './output.ts';
import { failureDocument, renderFailure, type SourceText } from './render/failure.ts';

/** Errors whose positions point into a text that the person gave. */
export class FailuresInSource extends Error {
  override readonly name = 'FailuresInSource';
  readonly errors: readonly HeliosError[];
  readonly source: SourceText;

  constructor(errors: readonly HeliosError[], source: SourceText) {
    super(errors.map((error) => error.message).join('\n'));
    this.errors = errors;
    this.source = source;
  }
}

/** Runs `action`; what it throws with a position will be shown in `source`. */
export async function inSource<T>(source: SourceText, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (thrown) {
    if (!(thrown instanceof HeliosError) || thrown.position === undefined) throw thrown;
    const errors = errorsOfScript(thrown);
    throw errors === undefined
      ? new FailuresInSource([thrown], source)
      : scriptFailures(errors, source, thrown.code);
  }
}

/** What is wrong with a script, as one failure. */
export function scriptFailures(
  errors: readonly ScriptErrorAnswer[],
  source: SourceText,
  code: ErrorCode = 'invalid_sql',
): FailuresInSource {
  const failures = errors.map(
    ({ message, hint, position }) => new HeliosError(code, message, { hint, position }),
  );
  return new FailuresInSource(failures, source);
}

/** A script's failure carries all that is wrong with it in its details. */
function errorsOfScript(failure: HeliosError): readonly ScriptErrorAnswer[] | undefined {
  const errors = failure.details?.['errors'];
  if (!Array.isArray(errors) || errors.length === 0) return undefined;
  const isWhole = errors.every((error: unknown) => isScriptError(error));
  return isWhole ? errors : undefined;
}

function isScriptError(value: unknown): value is ScriptErrorAnswer {
  if (typeof value !== 'object' || value === null) return false;
  if (!('message' in value) || !('position' in value)) return false;
  return typeof value.message === 'string' && typeof value.position === 'object';
}

/** Says what went wrong on stderr, and gives the exit code for it. */
export function reportFailure(thrown: unknown, output: Output, isDebug: boolean): number {
  if (thrown instanceof StdoutClosed) return 0;
  if (thrown instanceof CommanderError) return commanderExitCode(thrown);
  const errors = thrown instanceof FailuresInSource ? thrown.errors : [asHeliosError(thrown)];
  const source = thrown instanceof FailuresInSource ? thrown.source : undefined;
  for (const error of errors) {
    output.alarm(
      output.isJson
        ? failureDocument(error)
        : renderFailure(error, {
            source,
            isDebug,
            paint: (look, text) => output.paintTalk(look, text),
          }),
    );
  }
  return exitCodeOf(errors[0]);
}

function exitCodeOf(error: HeliosError | undefined): number {
  return error === undefined ? 1 : errorCodes[error.code].exitCode;
}

/** Commander has printed its message, or the help that was asked for. */
function commanderExitCode(error: CommanderError): number {
  return error.exitCode === 0 || error.code === 'commander.help' ? 0 : 2;
}
