import { ScriptBuilder } from './script-builder.ts';
import type { ParsedScript, ScriptError } from './script.ts';
import { LineIndex } from './positions.ts';
import { readStatements } from './syntax/statements.ts';
import type { Problem } from './syntax/token-reader.ts';

/** Longer scripts are refused: a thousand lines of SQL are about 50,000 characters. */
export const scriptLengthMax: number = 1024 * 1024;

/**
 * Reads a pipeline's script. Never throws: what is wrong, all of it, comes back with its place. What a
 * SELECT means is not looked at here: `checkSelects` does that.
 */
export function parseScript(text: string): ParsedScript {
  const lines = new LineIndex(text);
  if (text.length > scriptLengthMax) {
    const message = `The script is longer than ${scriptLengthMax} characters.`;
    const hint = 'Split it into several pipelines.';
    return { kind: 'errors', errors: [{ message, hint, position: lines.positionOf(nothing) }] };
  }
  const problems: Problem[] = [];
  const statements = readStatements(text, problems);
  const builder = new ScriptBuilder({ script: text, lines, problems });
  const script = builder.build(statements);
  if (problems.length === 0) return { kind: 'ok', script };
  return { kind: 'errors', errors: errorsOf(problems, lines) };
}

const nothing = { start: 0, end: 0 };

/** In the order of the text. */
function errorsOf(problems: readonly Problem[], lines: LineIndex): readonly ScriptError[] {
  return problems
    .toSorted((left, right) => left.span.start - right.span.start)
    .map(({ message, hint, span }) => ({ message, hint, position: lines.positionOf(span) }));
}
