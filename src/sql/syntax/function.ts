import type { ColumnType } from '../../event/schema.ts';
import type { Span } from '../positions.ts';
import { readColumnType } from './column-type.ts';
import type { TokenReader } from './token-reader.ts';
import type { Token } from './tokens.ts';

/** What follows `CREATE FUNCTION name(parameters)` of a function that isn't SQL, as written. */
export type FunctionBody = {
  readonly result: TypeText | undefined;
  readonly language: Token | undefined;
  /** After FROM. */
  readonly path: Token | undefined;
  /** After AS. */
  readonly code: Token | undefined;
  readonly exportName: Token | undefined;
  readonly takesNull: boolean;
  readonly timeout: Token | undefined;
};

export type TypeText = { readonly type: ColumnType; readonly span: Span };

export function readType(reader: TokenReader): TypeText {
  const { start } = reader.here();
  const type = readColumnType(reader);
  const end = reader.tokens[reader.index - 1]?.end ?? start;
  return { type, span: { start, end } };
}

/** Reads the clauses, in any order, each once. */
export function readFunctionBody(reader: TokenReader): FunctionBody {
  const clauses = new Clauses(reader);
  while (!reader.isAtEnd && clauses.take());
  return clauses.body();
}

class Clauses {
  readonly #reader: TokenReader;
  readonly #seen = new Set<string>();
  #result: TypeText | undefined;
  #takesNull = false;
  readonly #tokens = new Map<string, Token>();

  constructor(reader: TokenReader) {
    this.#reader = reader;
  }

  body(): FunctionBody {
    return {
      result: this.#result,
      language: this.#tokens.get('language'),
      path: this.#tokens.get('from'),
      code: this.#tokens.get('as'),
      exportName: this.#tokens.get('export'),
      takesNull: this.#takesNull,
      timeout: this.#tokens.get('timeout'),
    };
  }

  /** Whether there was one more clause. */
  take(): boolean {
    const reader = this.#reader;
    const word = reader.peek()?.text.toLowerCase() ?? '';
    const isNullRule =
      reader.isWord('called', 'on', 'null', 'input') ||
      reader.isWord('returns', 'null', 'on', 'null', 'input');
    const clause = isNullRule ? 'null' : word;
    if (!isNullRule && !clauseWords.has(word)) return false;
    if (this.#seen.has(clause)) reader.fail(`${word.toUpperCase()} stands here twice.`);
    this.#seen.add(clause);
    if (isNullRule) {
      this.#takesNull = reader.takeWords('called');
      if (!this.#takesNull) reader.takeWords('returns', 'null');
      return reader.takeWords('on', 'null', 'input');
    }
    reader.next();
    if (clause === 'returns') this.#result = readType(reader);
    else this.#tokens.set(clause, this.#readValue(clause));
    return true;
  }

  #readValue(clause: string): Token {
    const reader = this.#reader;
    if (clause === 'timeout') reader.takeWords('interval');
    if (clause === 'language' || clause === 'export') {
      return reader.expectName(clause === 'language' ? 'a language' : 'the name of an export');
    }
    if (reader.peek()?.kind !== 'string') reader.failExpected(expected[clause] ?? 'a text');
    return reader.next();
  }
}

const clauseWords: ReadonlySet<string> = new Set(
  'returns language from as export timeout'.split(' '),
);

const expected: Readonly<Record<string, string>> = {
  from: "the path of a file, as in FROM 'functions/geo.ts'",
  as: 'the code as text, as in AS $$ … $$',
  timeout: "a duration, as in TIMEOUT INTERVAL '1 second'",
};
