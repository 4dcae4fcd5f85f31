/**
 * A JSON document with its numbers as they were written: 9007199254740993 stays what it is, and
 * 1.50 has its two digits.
 */
export type JsonNode =
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'string' | 'number' | 'boolean'; readonly text: string }
  | { readonly kind: 'null' };

/** Members keep their order, and one that is written twice is there twice. */
export type JsonMember = { readonly name: string; readonly value: JsonNode };

/** Deeper documents are shown as the text that they are. */
const depthMax = 200;

/** Undefined where the text is no JSON document. */
export function parseJson(text: string): JsonNode | undefined {
  const reader = new Reader(text);
  try {
    const node = reader.value(0);
    return reader.isAtEnd() ? node : undefined;
  } catch (thrown) {
    if (thrown instanceof NotJson) return undefined;
    throw thrown;
  }
}

class NotJson extends Error {}

const space = /[ \t\n\r]*/y;
const stringToken = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
const scalarToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonNode {
    if (depth > depthMax) throw new NotJson();
    this.#skip();
    const first = this.#text[this.#at];
    if (first === '{') return { kind: 'object', members: this.#members(depth) };
    if (first === '[') return { kind: 'array', items: this.#items(depth) };
    if (first === '"') return { kind: 'string', text: this.#string() };
    return scalar(this.#token(scalarToken));
  }

  isAtEnd(): boolean {
    this.#skip();
    return this.#at === this.#text.length;
  }

  #members(depth: number): readonly JsonMember[] {
    return this.#list('}', () => {
      this.#skip();
      const name = this.#string();
      if (!this.#takes(':')) throw new NotJson();
      return { name, value: this.value(depth + 1) };
    });
  }

  #items(depth: number): readonly JsonNode[] {
    return this.#list(']', () => this.value(depth + 1));
  }

  #list<T>(end: string, one: () => T): readonly T[] {
    this.#at++;
    const found: T[] = [];
    if (this.#takes(end)) return found;
    do found.push(one());
    while (this.#takes(','));
    if (!this.#takes(end)) throw new NotJson();
    return found;
  }

  #string(): string {
    const token = this.#token(stringToken);
    try {
      return JSON.parse(token) as string;
    } catch {
      throw new NotJson();
    }
  }

  #takes(character: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skip(): void {
    this.#token(space);
  }

  #token(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw new NotJson();
    this.#at += found.length;
    return found;
  }
}

function scalar(text: string): JsonNode {
  if (text === 'null') return { kind: 'null' };
  return { kind: text === 'true' || text === 'false' ? 'boolean' : 'number', text };
}
