/** Digits of Z85, which has nothing that JSON or a path would escape (https://rfc.zeromq.org/spec/32/). */
const digits =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

const values: ReadonlyMap<string, number> = new Map(
  Array.from(digits, (digit, value) => [digit, value]),
);

/**
 * The bytes of a text in Z85, of which each five digits make four bytes; undefined for what isn't
 * one.
 */
export function decodeBase85(text: string): Buffer | undefined {
  if (text.length % 5 !== 0) return undefined;
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let at = 0; at < text.length; at += 5) {
    let word = 0;
    for (const digit of text.slice(at, at + 5)) {
      const value = values.get(digit);
      if (value === undefined) return undefined;
      word = word * 85 + value;
    }
    if (word > 0xffff_ffff) return undefined;
    bytes.writeUInt32BE(word, (at / 5) * 4);
  }
  return bytes;
}
