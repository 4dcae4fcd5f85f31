import type { ColumnType } from '../../event/schema.ts';
import { durationMsOf } from '../connector/quantities.ts';
import type { LineIndex, Span } from '../positions.ts';
import type { ScriptFunction } from '../script.ts';
import { typeText } from '../syntax/column-type.ts';
import type { FunctionText } from '../syntax/macro.ts';
import type { Problem } from '../syntax/token-reader.ts';

type Context = { readonly lines: LineIndex; readonly problems: Problem[] };

/** Undefined where it lacks something, which is reported. */
export function functionOf(text: FunctionText, context: Context): ScriptFunction | undefined {
  const { name, path, takesNull } = text;
  const report = (span: Span, message: string, hint?: string): undefined => {
    context.problems.push({ span, message, hint });
  };
  const language = languageOf(text, report);
  const parameters = parametersOf(text, report);
  const timeoutMs = timeoutOf(text, report);
  const { result, code } = text;
  if (result === undefined) return report(name, 'The function has no RETURNS.', returnsHint);
  if (!isCallable(result.type)) return reportType(result.type, result.span, report);
  if (code === undefined) {
    if (path === undefined) return report(name, 'The function has no code.', codeHint);
    const message = `The text of ${path.value} is not in the script.`;
    return report(path, message, fileHint);
  }
  if (language === undefined || parameters === undefined || timeoutMs === undefined) {
    return undefined;
  }
  return {
    name: name.value,
    position: context.lines.positionOf(path ?? name),
    parameters,
    result: result.type,
    language,
    code: code.value,
    path: path?.value ?? name.value,
    exportName: text.exportName?.value ?? name.value,
    takesNull,
    timeoutMs,
  };
}

type Report = (span: Span, message: string, hint?: string) => undefined;

const returnsHint = 'Say what it gives, as in RETURNS DOUBLE.';
const codeHint = "Name a file, FROM 'functions/geo.ts', or write the code: AS $$ … $$.";
const fileHint =
  'A command of Helios puts it there: `helios pipeline create`. Elsewhere write AS $$ … $$.';

function languageOf(
  { name, language }: FunctionText,
  report: Report,
): ScriptFunction['language'] | undefined {
  if (language === undefined) {
    return report(name, 'The function has no LANGUAGE.', 'Write LANGUAGE javascript.');
  }
  const found = languages.get(language.value.toLowerCase());
  if (found !== undefined) return found;
  const hint = 'Languages are javascript and typescript; SQL is CREATE MACRO name(a) AS ….';
  return report(language, `Functions can't be written in ${language.value}.`, hint);
}

const languages: ReadonlyMap<string, ScriptFunction['language']> = new Map([
  ['javascript', 'javascript'],
  ['js', 'javascript'],
  ['typescript', 'typescript'],
  ['ts', 'typescript'],
]);

function parametersOf(
  { parameters }: FunctionText,
  report: Report,
): ScriptFunction['parameters'] | undefined {
  const found: { name: string; type: ColumnType }[] = [];
  for (const { name, type, fallback } of parameters) {
    if (fallback?.[0] !== undefined) {
      report(fallback[0], 'Parameters of a function have no defaults.', 'Those of a macro have.');
    } else if (type === undefined) {
      report(name, `The parameter "${name.value}" has no type.`, `Write ${name.value} DOUBLE.`);
    } else if (!isCallable(type.type)) {
      reportType(type.type, type.span, report);
    } else {
      found.push({ name: name.value, type: type.type });
    }
  }
  return found.length === parameters.length ? found : undefined;
}

function reportType(type: ColumnType, span: Span, report: Report): undefined {
  const message = `Functions neither take nor give ${typeText(type)} in this version.`;
  return report(span, message, 'Take or give JSON or TEXT, and convert in the SELECT.');
}

function isCallable(type: ColumnType): boolean {
  switch (type.kind) {
    case 'timestamp':
      return type.isLocal !== true;
    case 'list':
      return isCallablePart(type.element);
    case 'struct':
      return type.fields.every((field) => isCallablePart(field.type));
    default:
      return callableKinds.has(type.kind);
  }
}

function isCallablePart(type: ColumnType): boolean {
  return type.kind !== 'json' && isCallable(type);
}

const callableKinds: ReadonlySet<ColumnType['kind']> = new Set<ColumnType['kind']>([
  'boolean',
  'integer',
  'float',
  'decimal',
  'text',
  'json',
  'date',
  'time',
  'bytes',
  'interval',
]);

const timeoutMsDefault = 1000;
/** Shorter ones a busy machine would break; longer ones hold an epoch up. */
const [timeoutMsMin, timeoutMsMax] = [10, 60_000];

function timeoutOf({ timeout }: FunctionText, report: Report): number | undefined {
  if (timeout === undefined) return timeoutMsDefault;
  const ms = durationMsOf(timeout.value);
  if (ms !== undefined && ms >= timeoutMsMin && ms <= timeoutMsMax) return ms;
  const message = `"${timeout.value}" is not a duration from 10 milliseconds to a minute.`;
  return report(timeout, message, "Write TIMEOUT INTERVAL '1 second'.");
}
