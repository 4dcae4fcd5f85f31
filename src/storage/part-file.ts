import { type FileHandle, open } from 'node:fs/promises';
import { HeliosError } from '../base/errors.ts';
import { type ByteRange, joined, lengthOf, pieces, without } from './byte-ranges.ts';

/** Which bytes of a file are needed. */
export type Wanted =
  | { readonly kind: 'ranges'; readonly ranges: readonly ByteRange[] }
  /** It takes so many of the last bytes to tell. */
  | { readonly kind: 'longer_tail'; readonly byteLength: number }
  | { readonly kind: 'whole' };

/** Tells by the last bytes of a file of `byteLength` which of the others are needed. */
export type Choose = (tail: Uint8Array, byteLength: number) => Wanted;

/** Bytes of one version of an object, or that it is not that version any more. */
export type RangeAnswer =
  | {
      readonly kind: 'bytes';
      /** The range's bytes, in pieces. */
      readonly bytes: readonly Uint8Array[];
      /** Of the version that they are of; undefined where the store has no such thing. */
      readonly tag: string | undefined;
    }
  | { readonly kind: 'replaced' };

/** Asks for a range of the version with that tag, of whichever is there without one. */
export type FetchRange = (range: ByteRange, tag: string | undefined) => Promise<RangeAnswer>;

/** How bytes of an object are had: those that are needed, or all. */
export type PartFetch = {
  readonly choose: Choose;
  readonly fetchRange: FetchRange;
  /** As `hold` takes it. */
  readonly fetch: (path: string) => Promise<void>;
};

/** So many of a file's last bytes are asked for first: the footer of all but wide files. */
const tailBytes = 64 * 1024;

/** Fewer bytes between two ranges are fetched with them: as quick as another request. */
const gapMax = 256 * 1024;

/** More in one range are asked for in several requests at one time. */
const requestBytesMax = 8 * 1024 * 1024;

/** How bytes are had, by who has the file provided with some. */
export type Fetching = {
  readonly fetchRange: FetchRange;
  /** Is waited for before so many bytes are fetched. */
  readonly makeRoom: (byteLength: number) => Promise<void>;
};

/**
 * A local file as long as an object, which has some of its bytes and holes for the others. What is
 * there is of one version of the object. It only ever gains bytes; who asks for some that are being
 * fetched waits for those.
 */
export class PartFile {
  readonly #path: string;
  readonly #byteLength: number;
  readonly #coming = new Set<Coming>();
  #present: readonly ByteRange[] = [];
  /** Undefined until the first bytes are here. */
  #tag: string | undefined;

  private constructor(path: string, byteLength: number) {
    this.#path = path;
    this.#byteLength = byteLength;
  }

  /** A file of holes, where there is none. */
  static async create(path: string, byteLength: number): Promise<PartFile> {
    await using handle = await open(path, 'wx');
    await handle.truncate(byteLength);
    return new PartFile(path, byteLength);
  }

  get presentBytes(): number {
    return lengthOf(this.#present);
  }

  /**
   * Has the bytes fetched that are chosen. `whole` where the whole file is of more use; `replaced`
   * where the object isn't what it was: then this file gets no more of it.
   */
  async provide(choose: Choose, fetching: Fetching): Promise<'there' | 'whole' | 'replaced'> {
    await using handle = await open(this.#path, 'r+');
    const into = { ...fetching, handle };
    for (let lastBytes = tailBytes; ;) {
      const start = Math.max(0, this.#byteLength - lastBytes);
      if (!(await this.#ensure([{ start, end: this.#byteLength }], into))) return 'replaced';
      const tail = Buffer.alloc(this.#byteLength - start);
      await handle.read(tail, { position: start });
      const wanted = choose(tail, this.#byteLength);
      if (wanted.kind === 'ranges') {
        if (lengthOf(wanted.ranges) > this.#byteLength * wholeShare) return 'whole';
        return (await this.#ensure(wanted.ranges, into)) ? 'there' : 'replaced';
      }
      if (wanted.kind === 'whole' || wanted.byteLength <= tail.byteLength) return 'whole';
      lastBytes = wanted.byteLength;
    }
  }

  /** Whether all of them are there now; they are not if the object was replaced. */
  async #ensure(wanted: readonly ByteRange[], into: Into): Promise<boolean> {
    const here = this.#present;
    const coming = [...this.#coming];
    const known = joined([...here, ...coming.map(({ range }) => range)]);
    const missing = joined(without(joined(wanted), known), gapMax);
    const room = missing.length === 0 ? undefined : into.makeRoom(lengthOf(missing));
    const asked = pieces(missing, requestBytesMax).map((range) => this.#fetch(range, room, into));
    const rest = joined(without(joined(wanted), here));
    const others = coming.filter(({ range }) => rest.some((one) => doOverlap(one, range)));
    // All of them, so that nothing writes any more when the file is closed.
    const ends = await Promise.allSettled([...asked, ...others].map(({ isThere }) => isThere));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return ends.every((end) => end.status === 'fulfilled' && end.value);
  }

  #fetch(range: ByteRange, room: Promise<void> | undefined, into: Into): Coming {
    const fetching = async (): Promise<boolean> => {
      await room;
      return await this.#fetchNow(range, into);
    };
    const coming = { range, isThere: fetching() };
    this.#coming.add(coming);
    const forget = (): void => void this.#coming.delete(coming);
    coming.isThere.then(forget, forget);
    return coming;
  }

  async #fetchNow(range: ByteRange, { fetchRange, handle }: Into): Promise<boolean> {
    const answer = await fetchRange(range, this.#tag);
    // Without a tag nobody could tell whether the next bytes are of the same version.
    if (answer.kind === 'replaced' || answer.tag === undefined) return false;
    if (this.#tag !== undefined && this.#tag !== answer.tag) return false;
    this.#tag = answer.tag;
    const { bytesWritten } = await handle.writev([...answer.bytes], range.start);
    if (bytesWritten !== range.end - range.start) throw cutOff(this.#path, range, bytesWritten);
    this.#present = joined([...this.#present, range]);
    return true;
  }
}

/** More of a file than this is fetched as a whole, which stays when the process ends. */
const wholeShare = 0.75;

type Into = Fetching & { readonly handle: FileHandle };

type Coming = { readonly range: ByteRange; readonly isThere: Promise<boolean> };

function cutOff(path: string, { start, end }: ByteRange, written: number): HeliosError {
  const message = `${path}: ${written} of the ${end - start} bytes from ${start} on were written.`;
  return new HeliosError('storage_failed', message, { hint: 'Check that the disk is healthy.' });
}

function doOverlap(left: ByteRange, right: ByteRange): boolean {
  return left.start < right.end && right.start < left.end;
}
