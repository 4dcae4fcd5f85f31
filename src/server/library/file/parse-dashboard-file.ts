import type { Document, LineCounter, ParsedNode } from 'yaml';
import { HeliosError, type TextPosition } from '../../../base/errors.ts';
import { dashboardProblems } from '../dashboard-problems.ts';
import { findProblems, type Problem } from '../../framework.ts';
import { dashboardFileSchema } from '../library-schemas.ts';
import type { DashboardFile } from './dashboard-file.ts';

/** More only bury the first. */
const errorsMax = 20;

/**
 * Reads what `writeDashboardFile` writes, or what a person made of it; JSON is YAML too. Throws
 * `invalid_config` with the place of the first thing that is wrong, and all of them in
 * `details.errors`.
 */
export async function parseDashboardFile(text: string): Promise<DashboardFile> {
  const { LineCounter: Lines, parseDocument } = await import('yaml');
  const lines = new Lines();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw failed(
      document.errors.map(({ message, pos: [start, end] }) => ({
        message: `This is not YAML: ${message}.`,
        position: placeOf(lines, start, end),
      })),
    );
  }
  const value = plain(document);
  const wrong = findProblems(dashboardFileSchema, value);
  const problems = wrong.length > 0 ? wrong : dashboardProblems(value as DashboardFile);
  if (problems.length === 0) return value as DashboardFile;
  const errors = problems.map((problem) => placed(document, lines, problem));
  throw failed(errors.toSorted((one, other) => byPlace(one.position, other.position)));
}

function byPlace(one: TextPosition, other: TextPosition): number {
  return one.line - other.line || one.column - other.column;
}

/** Patterns in words. */
const patterns: Readonly<Record<string, string>> = {
  last: 'must be a length of time such as 15m, 6h or 7d',
  id: 'must be of up to 64 letters, digits, - and _',
  name: 'must be a name that can stand behind $ in SQL, such as product_id',
};

type FileError = {
  readonly message: string;
  readonly position: TextPosition;
};

function failed(errors: readonly FileError[]): HeliosError {
  const [first] = errors;
  return new HeliosError('invalid_config', first?.message ?? 'The file is not valid.', {
    position: first?.position,
    details: { errors: errors.slice(0, errorsMax) },
  });
}

/** The file's value; a document of aliases that unfold without end is refused by the parser. */
function plain(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 }) as unknown;
  } catch (cause) {
    throw new HeliosError('invalid_config', 'The file has aliases (*name).', {
      hint: 'Write what they stand for.',
      cause,
    });
  }
}

function placed(
  document: Document.Parsed,
  lines: LineCounter,
  { path, text, kind }: Problem,
): FileError {
  const node = nodeAt(document, kind === 'missing' ? path.slice(0, -1) : path, kind === 'unknown');
  const [start = 0, end = start] = node?.range ?? [];
  const words = text.startsWith('must match pattern') ? patterns[path.at(-1) ?? ''] : undefined;
  return { message: `${pathText(path)} ${words ?? text}.`, position: placeOf(lines, start, end) };
}

/** The value at a path, or the key of it; what is around it where there is none. */
function nodeAt(
  document: Document.Parsed,
  path: readonly string[],
  isKey: boolean,
): ParsedNode | undefined {
  const keys = path.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  for (let length = keys.length; length > 0; length--) {
    const [parent, last] = [keys.slice(0, length - 1), keys[length - 1]];
    const around = document.getIn(parent, true) as { items?: readonly unknown[] } | undefined;
    if (isKey && length === keys.length && around?.items !== undefined) {
      const pair = around.items.find((item) => keyOf(item)?.value === last);
      if (pair !== undefined) return keyOf(pair)?.node;
    }
    const node = document.getIn(keys.slice(0, length), true);
    if (isNode(node)) return node;
  }
  return document.contents ?? undefined;
}

function keyOf(item: unknown): { readonly node: ParsedNode; readonly value: unknown } | undefined {
  if (typeof item !== 'object' || item === null || !('key' in item)) return undefined;
  const { key } = item;
  return isNode(key) ? { node: key, value: Reflect.get(key, 'value') } : undefined;
}

function isNode(value: unknown): value is ParsedNode {
  return typeof value === 'object' && value !== null && 'range' in value;
}

/** `panels[2].kind`, counted from 0 as programs do; the place says which it is. */
function pathText(path: readonly string[]): string {
  const text = path.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`)).join('');
  return text === '' ? 'The file' : text.replace(/^\./, '');
}

function placeOf(lines: LineCounter, start: number, end: number): TextPosition {
  const { line, col } = lines.linePos(start);
  return { line, column: col, length: Math.max(1, end - start) };
}
