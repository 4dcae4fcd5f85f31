import { HeliosError } from '../base/errors.ts';

/** Folders around a name, the name included. */
const partsMax = 8;
/** A file system takes 255 bytes, of which the ending and a copy's mark need some. */
const partBytesMax = 200;
const pathBytesMax = 800;

/**
 * The path of a document as it is stored: NFC, so that what looks the same is the same. Every path
 * is one on any file system too, since documents travel as files. `invalid_name` says what is wrong
 * with one that isn't.
 */
export function documentPath(path: string): string {
  const normal = path.normalize('NFC');
  const parts = normal.split('/');
  const reason =
    (parts.length > partsMax ? `it has more than ${partsMax} parts` : undefined) ??
    (Buffer.byteLength(normal) > pathBytesMax ? 'it is too long' : undefined) ??
    parts.map(reasonAgainst).find((one) => one !== undefined);
  if (reason === undefined) return normal;
  const shown = normal.length > 60 ? `${normal.slice(0, 60)}…` : normal;
  throw new HeliosError(
    'invalid_name',
    `${JSON.stringify(shown)} can't name a document: ${reason}.`,
    {
      hint:
        'Use letters, digits, spaces and signs other than \\ < > : " | ? *, with "/" between ' +
        `folders; up to ${partsMax} parts of ${partBytesMax} bytes.`,
    },
  );
}

function reasonAgainst(part: string): string | undefined {
  if (part === '') return 'a part of it is empty';
  if (Buffer.byteLength(part) > partBytesMax) return `a part has over ${partBytesMax} bytes`;
  if (/^\.|\.$/.test(part)) return 'a part begins or ends with "."';
  if (part !== part.trim()) return 'a part begins or ends with a space';
  if (/[\\<>:"|?*]/.test(part)) return 'a part has a sign that file systems refuse';
  if (invisible.test(part)) return 'a part has a character that is not seen';
  if (/\.(?:sql|ya?ml)$/i.test(part)) return 'a part ends like a file; leave the ending away';
  if (systemNames.test(part)) return 'a part is a name that some systems keep for themselves';
  return undefined;
}

/** Controls, separators, halves of pairs, and what turns the direction of text around. */
const invisible =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/u;
const systemNames = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;
