import { didYouMeanHint } from '../../base/did-you-mean.ts';
import type { Span } from '../positions.ts';
import type { Token } from './tokens.ts';

/** Something wrong at a place; becomes a ScriptError when the place has a line and a column. */
export type Problem = {
  readonly message: string;
  readonly hint: string | undefined;
  readonly span: Span;
};

/**
 * Thrown where reading can't go on; caught where it can: at the next item of a list, the next
 * statement.
 */
export class SyntaxFailure extends Error {
  override readonly name = 'SyntaxFailure';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Reads the tokens of one statement from left to right, and collects what is wrong with it. */
export class TokenReader {
  readonly tokens: readonly Token[];
  readonly problems: Problem[];
  #at = 0;

  constructor(tokens: readonly Token[], problems: Problem[]) {
    this.tokens = tokens;
    this.problems = problems;
  }

  /** Index of the next token. */
  get index(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.tokens.length;
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.#at + ahead];
  }

  next(): Token {
    const token = this.peek();
    if (token === undefined) return this.fail('The statement ends too early.');
    this.#at++;
    return token;
  }

  skipTo(index: number): void {
    this.#at = index;
  }

  isWord(...words: readonly string[]): boolean {
    return words.every((word, ahead) => isWord(this.peek(ahead), word));
  }

  isOperator(operator: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.kind === 'operator' && token.text === operator;
  }

  /** Takes the words if they come next, all of them. */
  takeWords(...words: readonly string[]): boolean {
    const isNext = this.isWord(...words);
    if (isNext) this.#at += words.length;
    return isNext;
  }

  takeOperator(operator: string): boolean {
    const isNext = this.isOperator(operator);
    if (isNext) this.#at++;
    return isNext;
  }

  /** `word` in capitals, as it is shown. */
  expectWord(word: string): void {
    if (this.takeWords(word.toLowerCase())) return;
    const token = this.peek();
    const hint = token?.kind === 'word' ? didYouMeanHint(token.text, [word]) : undefined;
    this.fail(`Expected ${word} ${this.#instead()}.`, hint);
  }

  expectOperator(operator: string, hint?: string): void {
    if (!this.takeOperator(operator)) this.fail(`Expected "${operator}" ${this.#instead()}.`, hint);
  }

  /** A name, quoted or not; any word will do. */
  expectName(what: string): Token {
    const token = this.peek();
    if (token?.kind !== 'word' && token?.kind !== 'quoted') {
      return this.fail(`Expected ${what} ${this.#instead()}.`);
    }
    this.#at++;
    return token;
  }

  /** Says that `what` should stand where the next token is. */
  failExpected(what: string, hint?: string): never {
    return this.fail(`Expected ${what} ${this.#instead()}.`, hint);
  }

  fail(message: string, hint?: string): never {
    const token = this.peek();
    if (token?.kind === 'invalid') {
      throw new SyntaxFailure({ message: token.value, hint: undefined, span: openingOf(token) });
    }
    throw new SyntaxFailure({ message, hint, span: this.here() });
  }

  /** The next token's place, or the end of the last one. */
  here(): Span {
    const token = this.peek();
    if (token !== undefined) return token;
    const end = this.tokens.at(-1)?.end ?? 0;
    return { start: end, end };
  }

  report(span: Span, message: string, hint?: string): void {
    this.problems.push({ message, hint, span });
  }

  /**
   * Reads one item of a list in parentheses. What is wrong inside is reported, and reading goes on
   * at the list's next comma or its closing parenthesis: undefined then.
   */
  item<T>(read: () => T): T | undefined {
    const start = this.#at;
    try {
      const item = read();
      if (!this.isOperator(',') && !this.isOperator(')')) {
        this.failExpected('"," or ")"', this.#missingCommaHint());
      }
      return item;
    } catch (thrown) {
      // What is never closed takes the rest of the text with it.
      const isCut = this.peek()?.kind === 'invalid';
      if (!(thrown instanceof SyntaxFailure) || isCut) throw thrown;
      this.problems.push(thrown.problem);
      this.#skipItem(start);
      return undefined;
    }
  }

  #missingCommaHint(): string | undefined {
    const token = this.peek();
    return token?.kind === 'word' || token?.kind === 'string' || token?.kind === 'quoted'
      ? 'Is a comma missing before it?'
      : undefined;
  }

  #skipItem(start: number): void {
    let depth = 0;
    for (let index = start; index < this.tokens.length; index++) {
      const token = this.tokens[index];
      if (token?.kind !== 'operator') continue;
      if (depth === 0 && index >= this.#at && (token.text === ',' || token.text === ')')) {
        this.#at = index;
        return;
      }
      if ('([{'.includes(token.text)) depth++;
      if (')]}'.includes(token.text)) depth--;
    }
    this.#at = this.tokens.length;
  }

  #instead(): string {
    const token = this.peek();
    return token === undefined ? 'before the end of the statement' : `instead of ${token.text}`;
  }
}

export function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toLowerCase() === word;
}

/** Of a token that runs to the end of the text, only its beginning is underlined. */
function openingOf(token: Token): Span {
  return { start: token.start, end: Math.min(token.end, token.start + 1) };
}
