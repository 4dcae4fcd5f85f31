/** Bytes [from, to). */
export type Span = { readonly from: number; readonly to: number };

export type JsonScan =
  | {
      readonly kind: 'valid';
      /** Where the value ends; only white space follows. */
      readonly end: number;
      /** The elements of the value, if it is an array. */
      readonly elements: readonly Span[];
    }
  /** `message` completes "not valid JSON: … at". */
  | { readonly kind: 'invalid'; readonly at: number; readonly message: string };

export type ScanRange = { readonly from: number; readonly to: number; readonly depthMax: number };

/**
 * Checks that a range of bytes is one JSON value (RFC 8259), with white space around it. Reads
 * bytes, not text: what strings contain is not checked to be UTF-8. Uses no stack, however deep
 * the value.
 */
export function scanJson(bytes: Uint8Array, range: ScanRange): JsonScan {
  return new Scanner(bytes, range).scan();
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

class Scanner {
  readonly #bytes: Uint8Array;
  readonly #to: number;
  readonly #depthMax: number;
  /** The closing byte of each container that is open. */
  readonly #open: number[] = [];
  readonly #elements: Span[] = [];
  #elementStart = 0;
  #at: number;
  #message = '';

  constructor(bytes: Uint8Array, range: ScanRange) {
    this.#bytes = bytes;
    this.#at = range.from;
    this.#to = range.to;
    this.#depthMax = range.depthMax;
  }

  scan(): JsonScan {
    this.#skipSpace();
    const isWhole = this.#value();
    const end = this.#at;
    if (!isWhole) return { kind: 'invalid', at: this.#at, message: this.#message };
    this.#skipSpace();
    if (this.#at === this.#to) return { kind: 'valid', end, elements: this.#elements };
    return { kind: 'invalid', at: this.#at, message: 'something follows the value' };
  }

  /** One value and, in a loop, all that it contains. */
  #value(): boolean {
    for (;;) {
      const begun = this.#begin(this.#byte());
      if (begun === 'invalid') return false;
      if (begun === 'entered') continue;
      const after = this.#afterValue();
      if (after !== 'next') return after === 'done';
    }
  }

  #begin(byte: number): 'entered' | 'ended' | 'invalid' {
    if (byte === openBrace) return this.#enter(closeBrace);
    if (byte === openBracket) return this.#enter(closeBracket);
    return this.#scalar(byte) ? 'ended' : 'invalid';
  }

  /** Into a container, up to its first value; one that has none ends at once. */
  #enter(close: number): 'entered' | 'ended' | 'invalid' {
    if (this.#open.length >= this.#depthMax) {
      this.#message = `it is too deep, more than ${this.#depthMax} levels,`;
      return 'invalid';
    }
    this.#at += 1;
    this.#skipSpace();
    if (this.#byte() === close) {
      this.#at += 1;
      return 'ended';
    }
    this.#open.push(close);
    this.#beginElement();
    return close === closeBracket || this.#key() ? 'entered' : 'invalid';
  }

  /** Closes what ends here, and goes on to the next value of what is still open. */
  #afterValue(): 'done' | 'next' | 'invalid' {
    for (;;) {
      const close = this.#open.at(-1);
      if (close === undefined) return 'done';
      this.#endElement();
      this.#skipSpace();
      const byte = this.#byte();
      if (byte === comma) return this.#toNext(close) ? 'next' : 'invalid';
      if (byte !== close) {
        this.#expected(`"," or "${String.fromCharCode(close)}"`);
        return 'invalid';
      }
      this.#open.pop();
      this.#at += 1;
    }
  }

  #toNext(close: number): boolean {
    this.#at += 1;
    this.#skipSpace();
    this.#beginElement();
    return close === closeBracket || this.#key();
  }

  #beginElement(): void {
    if (this.#open.length === 1) this.#elementStart = this.#at;
  }

  #endElement(): void {
    if (this.#open.length !== 1 || this.#open[0] !== closeBracket) return;
    this.#elements.push({ from: this.#elementStart, to: this.#at });
  }

  #key(): boolean {
    if (this.#byte() !== quote) return this.#expected('a name in quotes');
    if (!this.#string()) return false;
    this.#skipSpace();
    if (this.#byte() !== colon) return this.#expected('":"');
    this.#at += 1;
    this.#skipSpace();
    return true;
  }

  #scalar(byte: number): boolean {
    if (byte === quote) return this.#string();
    if (byte === 0x2d || isDigit(byte)) return this.#number();
    const word = words[byte];
    if (word === undefined) return this.#expected('a value');
    for (const expected of word) {
      if (this.#byte() !== expected) return this.#expected('a value');
      this.#at += 1;
    }
    return true;
  }

  #string(): boolean {
    const bytes = this.#bytes;
    const to = this.#to;
    let at = this.#at + 1;
    while (at < to) {
      const byte = bytes[at] ?? 0;
      if (byte === quote) {
        this.#at = at + 1;
        return true;
      }
      if (byte === backslash) {
        const length = escapeLength(bytes, at);
        if (length === 0 || at + length > to)
          return this.#invalidAt(at, 'a bad escape in a string');
        at += length;
      } else if (byte < 0x20) {
        return this.#invalidAt(at, 'a raw control character in a string');
      } else at += 1;
    }
    return this.#invalidAt(to, 'it ends within a string');
  }

  #number(): boolean {
    if (this.#byte() === 0x2d) this.#at += 1;
    if (this.#byte() === 0x30) this.#at += 1;
    else if (!this.#digits()) return false;
    if (this.#byte() === 0x2e) {
      this.#at += 1;
      if (!this.#digits()) return false;
    }
    if ((this.#byte() | 0x20) !== 0x65) return true;
    this.#at += 1;
    if (this.#byte() === 0x2b || this.#byte() === 0x2d) this.#at += 1;
    return this.#digits();
  }

  #digits(): boolean {
    const start = this.#at;
    while (isDigit(this.#byte())) this.#at += 1;
    return this.#at > start || this.#expected('a digit');
  }

  /** The byte here; -1 at the end. */
  #byte(): number {
    return this.#at < this.#to ? (this.#bytes[this.#at] ?? -1) : -1;
  }

  #skipSpace(): void {
    for (
      let byte = this.#byte();
      byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
    ) {
      this.#at += 1;
      byte = this.#byte();
    }
  }

  #expected(what: string): false {
    const isEnd = this.#at >= this.#to;
    this.#message = isEnd ? `it ends where ${what} should follow` : `expected ${what}`;
    return false;
  }

  #invalidAt(at: number, message: string): false {
    this.#at = at;
    this.#message = message;
    return false;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

const words: Readonly<Record<number, readonly number[]>> = {
  0x74: asciiOf('true'),
  0x66: asciiOf('false'),
  0x6e: asciiOf('null'),
};

function asciiOf(word: string): readonly number[] {
  return [...new TextEncoder().encode(word)];
}

/** Bytes of the escape at a backslash; 0 if there is no such escape. */
function escapeLength(bytes: Uint8Array, at: number): number {
  const kind = String.fromCharCode(bytes[at + 1] ?? 0);
  if (kind !== 'u') return '"\\/bfnrt'.includes(kind) ? 2 : 0;
  for (let digit = at + 2; digit < at + 6; digit++) {
    const byte = (bytes[digit] ?? 0) | 0x20;
    if (!isDigit(bytes[digit] ?? 0) && !(byte >= 0x61 && byte <= 0x66)) return 0;
  }
  return 6;
}
