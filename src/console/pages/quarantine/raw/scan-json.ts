/** A piece of a text: from `start` up to `end`, in UTF-16 units. */
export type Span = { readonly start: number; readonly end: number };

export type ScannedJson = {
  /** The members of the outermost object, as far as it could be read. */
  readonly members: readonly { readonly name: string; readonly value: Span }[];
  /** Where the text stops being JSON; undefined where all of it is. */
  readonly brokenAt: number | undefined;
};

/** Nesting that is followed; deeper is taken for broken. */
const depthMax = 1000;

/**
 * Where the members of a JSON object stand in its text, or where the text breaks. Unlike
 * JSON.parse, it knows places, and says the same in every browser.
 */
export function scanJson(text: string): ScannedJson {
  const scanner = new Scanner(text);
  try {
    scanner.document();
    return { members: scanner.members, brokenAt: undefined };
  } catch (thrown) {
    if (!(thrown instanceof Broken)) throw thrown;
    return { members: scanner.members, brokenAt: thrown.at };
  }
}

class Broken extends Error {
  readonly at: number;

  constructor(at: number) {
    super(`broken at ${at}`);
    this.at = at;
  }
}

const literal = /(?:true|false|null)(?![A-Za-z0-9_])/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const string = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const goodStringStart = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const space = /[ \t\r\n]*/y;

class Scanner {
  readonly members: { name: string; value: Span }[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#value(0);
    if (this.#at < this.#text.length) throw new Broken(this.#at);
  }

  /** A value with the space around it; gives where it stands. */
  #value(depth: number): Span {
    this.#take(space);
    const start = this.#at;
    const first = this.#text[start];
    if (depth > depthMax || first === undefined) throw new Broken(start);
    if (first === '{') this.#object(depth);
    else if (first === '[') this.#array(depth);
    else if (first === '"') this.#string();
    else if (!this.#take(literal) && !this.#take(number)) throw new Broken(start);
    const end = this.#at;
    this.#take(space);
    return { start, end };
  }

  #object(depth: number): void {
    this.#at++;
    this.#take(space);
    if (this.#skip('}')) return;
    do {
      this.#take(space);
      const nameAt = this.#at;
      if (this.#text[nameAt] !== '"') throw new Broken(nameAt);
      this.#string();
      const name = JSON.parse(this.#text.slice(nameAt, this.#at)) as string;
      this.#take(space);
      if (!this.#skip(':')) throw new Broken(this.#at);
      const value = this.#value(depth + 1);
      if (depth === 0) this.members.push({ name, value });
    } while (this.#skip(','));
    if (!this.#skip('}')) throw new Broken(this.#at);
  }

  #array(depth: number): void {
    this.#at++;
    this.#take(space);
    if (this.#skip(']')) return;
    do this.#value(depth + 1);
    while (this.#skip(','));
    if (!this.#skip(']')) throw new Broken(this.#at);
  }

  #string(): void {
    if (this.#take(string)) return;
    this.#take(goodStringStart);
    throw new Broken(this.#at);
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return false;
    this.#at += found[0].length;
    return true;
  }
}
