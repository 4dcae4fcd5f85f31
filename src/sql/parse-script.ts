import { ScriptBuilder } from './script-builder.ts';
import type { ParsedScript, Script, ScriptError } from './script.ts';
import { LineIndex } from './positions.ts';
import { readStatements } from './syntax/statements.ts';
import type { Problem } from './syntax/token-reader.ts';

/** Longer scripts are refused: a thousand lines of SQL are about 50,000 characters. */
export const scriptLengthMax: number = 256 * 1024;

/**
 * Reads a pipeline's script. Never throws: what is wrong, all of it, comes back with its place.
 * What a SELECT means is not looked at here: `checkScript` does that.
 */
export function parseScript(text: string): ParsedScript {
  const { script, errors } = draftScript(text);
  return errors.length === 0 ? { kind: 'ok', script } : { kind: 'errors', errors };
}

/** What could be read of a script, right or wrong. */
export type ScriptDraft = {
  /** Without the statements that are wrong. */
  readonly script: Script;
  readonly errors: readonly ScriptError[];
  /** Names of all tables and views, those of wrong statements too, as far as they could be read. */
  readonly declared: readonly string[];
};

/**
 * Reads a script and keeps what is right of it, so that its SELECTs can be checked all the same.
 */
export function draftScript(text: string): ScriptDraft {
  const lines = new LineIndex(text);
  if (text.length > scriptLengthMax) {
    const message = `The script is longer than ${scriptLengthMax} characters.`;
    const hint = 'Split it into several pipelines.';
    return {
      script: emptyScript,
      errors: [{ message, hint, position: lines.positionOf(nothing) }],
      declared: [],
    };
  }
  const problems: Problem[] = [];
  const statements = readStatements(text, problems);
  const builder = new ScriptBuilder({ script: text, lines, problems });
  const script = builder.build(statements);
  const broken = problems.length === 0 ? [] : namesIn(text);
  return { script, errors: errorsOf(problems, lines), declared: [...builder.declared, ...broken] };
}

/** Names after CREATE TABLE and CREATE VIEW, for statements that are too broken to be read. */
function namesIn(text: string): readonly string[] {
  const create = /\b(?:table|view)\s+(?:if\s+not\s+exists\s+)?"?([A-Za-z_]\w*)/gi;
  return Array.from(text.matchAll(create), (found) => found[1] ?? '');
}

const emptyScript: Script = {
  sources: [],
  memoryTables: [],
  lookups: [],
  views: [],
  macros: [],
  functions: [],
  sinks: [],
  inserts: [],
  explained: [],
  settings: [],
};

const nothing = { start: 0, end: 0 };

/** In the order of the text. */
function errorsOf(problems: readonly Problem[], lines: LineIndex): readonly ScriptError[] {
  return problems
    .toSorted((left, right) => left.span.start - right.span.start)
    .map(({ message, hint, span }) => ({ message, hint, position: lines.positionOf(span) }));
}
