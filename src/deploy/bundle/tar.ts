import { assert } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';

/** A file as it is in an archive. */
export type BundleFile = {
  /** Relative, with `/` between parts. */
  readonly path: string;
  readonly isExecutable: boolean;
  readonly bytes: Uint8Array;
};

const blockBytes = 512;
/** 1985-10-26 08:15 UTC, the time that npm gives all files of a package. */
const modifiedAtS = 499_162_500;

/**
 * The header, content and padding of one file in POSIX's pax format. Nothing of the machine or of
 * now is in it: owner and time are always the same.
 */
export function* tarChunks(file: BundleFile): Generator<Uint8Array> {
  const fitting = fittingName(file.path);
  if (fitting === undefined) {
    const record = Buffer.from(paxRecord('path', file.path));
    yield header({ name: 'pax-header', prefix: '' }, { size: record.length, mode: 0o644 }, 'x');
    yield record;
    yield padding(record.length);
  }
  const place = fitting ?? { name: 'file', prefix: '' };
  const mode = file.isExecutable ? 0o755 : 0o644;
  yield header(place, { size: file.bytes.length, mode }, '0');
  yield file.bytes;
  yield padding(file.bytes.length);
}

/** What follows the last file. */
export const tarEnd: Uint8Array = new Uint8Array(2 * blockBytes);

/**
 * The files of a package's archive, without the folder that all of them are in. Throws
 * `corrupt_data` where it holds anything but files, or a path that leads out of it.
 */
export function* packageFiles(archive: Uint8Array): Generator<BundleFile> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  let longPath: string | undefined;
  for (let offset = 0; offset + blockBytes <= bytes.length;) {
    const block = bytes.subarray(offset, offset + blockBytes);
    if (block.every((byte) => byte === 0)) return;
    const size = Number.parseInt(text(block, 124, 12).trim(), 8);
    if (!Number.isSafeInteger(size) || size < 0) throw broken('a size that is no number');
    const content = bytes.subarray(offset + blockBytes, offset + blockBytes + size);
    if (content.length < size) throw broken('less than it says');
    offset += blockBytes + size + paddingBytes(size);
    const kind = text(block, 156, 1);
    if (kind === 'x') longPath = paxPath(content) ?? longPath;
    else if (kind === '0' || kind === '') {
      const path = innerPath(longPath ?? pathOf(block));
      longPath = undefined;
      const mode = Number.parseInt(text(block, 100, 8).trim(), 8);
      yield { path, isExecutable: (mode & 0o111) !== 0, bytes: content };
    } else if (kind !== '5' && kind !== 'g') throw broken(`an entry of kind "${kind}"`);
  }
}

type Place = { readonly name: string; readonly prefix: string };

/** Split as the old format wants it; undefined where the path is too long for that. */
function fittingName(path: string): Place | undefined {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return { name, prefix };
  }
  return undefined;
}

function header(
  { name, prefix }: Place,
  { size, mode }: { readonly size: number; readonly mode: number },
  kind: '0' | 'x',
): Uint8Array {
  const block = Buffer.alloc(blockBytes);
  block.write(name, 0);
  block.write(`${octal(mode, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100);
  block.write(`${octal(size, 11)}\0${octal(modifiedAtS, 11)}\0`, 124);
  block.write(' '.repeat(8), 148);
  block.write(kind, 156);
  block.write('ustar\u000000', 257);
  block.write(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

function octal(value: number, digits: number): string {
  const word = value.toString(8).padStart(digits, '0');
  assert(word.length === digits, `${value} doesn't fit into a header of tar`);
  return word;
}

/** Its length includes the digits that say it. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (String(length).length + Buffer.byteLength(rest) !== length) {
    length = String(length).length + Buffer.byteLength(rest);
  }
  return `${length}${rest}`;
}

function paxPath(content: Buffer): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(content.toString('utf8'))?.[1];
}

function pathOf(block: Buffer): string {
  const isUstar = text(block, 257, 5) === 'ustar';
  const prefix = isUstar ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function innerPath(path: string): string {
  const parts = path.split('/').slice(1);
  const isWrong = (part: string): boolean => part === '' || part === '.' || part === '..';
  if (parts.length === 0 || parts.some(isWrong) || /[\\\0]/.test(path)) {
    throw broken(`the path ${JSON.stringify(path)}`);
  }
  return parts.join('/');
}

/** Up to the first NUL. */
function text(block: Buffer, start: number, length: number): string {
  const bytes = block.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? length : end);
}

function padding(byteLength: number): Uint8Array {
  return new Uint8Array(paddingBytes(byteLength));
}

function paddingBytes(byteLength: number): number {
  return (blockBytes - (byteLength % blockBytes)) % blockBytes;
}

function broken(what: string): HeliosError {
  return new HeliosError('corrupt_data', `A package's archive holds ${what}.`, {
    hint: 'Nothing was made of it. Is the registry what npm config get registry says it is?',
  });
}
