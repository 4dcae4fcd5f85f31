import { type SqlToken, sqlTokens, statementsOf } from './sql-text.ts';

/** A piece of a script that is no plain SELECT; `end` exclusive. */
export type ScriptMark = {
  readonly kind: 'word' | 'option';
  readonly start: number;
  readonly end: number;
};

/**
 * The words of a script's CREATE, INSERT and SET, and the names of options in WITH (…), in their
 * order. Most of them name columns elsewhere, so the place decides, not the word.
 */
export function scriptMarks(script: string): readonly ScriptMark[] {
  return statementsOf(script).flatMap(({ text, start }) =>
    marksOf(text).map((mark) => ({
      ...mark,
      start: mark.start + start,
      end: mark.end + start,
    })),
  );
}

const statementStarts: ReadonlySet<string> = new Set(['create', 'insert', 'set']);
const headWords: ReadonlySet<string> = new Set(
  'create or replace temporary temp table view connection if not exists insert into set to'.split(
    ' ',
  ),
);
const clauseWords: ReadonlySet<string> = new Set(
  'partitioned metadata generated always watermark primary key'.split(' '),
);

function marksOf(statement: string): readonly ScriptMark[] {
  const tokens = sqlTokens(statement).filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  const word = (at: number): string => textOf(statement, tokens[at]).toLowerCase();
  if (!statementStarts.has(word(0))) return [];
  let at = 0;
  const marks: ScriptMark[] = [];
  const mark = (kind: ScriptMark['kind']): void => {
    const token = tokens[at];
    if (token !== undefined) marks.push({ kind, start: token.start, end: token.end });
  };
  for (; headWords.has(word(at)); at++) mark('word');
  let isInOptions = false;
  let depth = 0;
  for (; at < tokens.length; at++) {
    depth += Number(word(at) === '(') - Number(word(at) === ')');
    // What follows is a SELECT like any other.
    if (depth === 0 && ['select', 'from', 'values'].includes(word(at))) break;
    if (word(at) === 'with' && word(at + 1) === '(') isInOptions = true;
    else if (isInOptions && word(at) === ')') isInOptions = false;
    else if (isInOptions && word(at + 1) === '=') mark('option');
    else if (!isInOptions && tokens[at]?.kind === 'word' && clauseWords.has(word(at))) mark('word');
  }
  return marks;
}

function textOf(statement: string, token: SqlToken | undefined): string {
  return token === undefined ? '' : statement.slice(token.start, token.end);
}
