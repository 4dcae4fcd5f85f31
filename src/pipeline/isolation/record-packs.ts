import { isUtf8 } from 'node:buffer';

/** A rejected record; `reason` is the number of why. */
export type Entry = {
  readonly position: string;
  readonly reason: number;
  readonly raw: Uint8Array;
  /** JSON, so that no NUL is in it; '' for none. */
  readonly metadata: string;
};

/**
 * Records that are text, put together: each of their values one after the other, with a NUL
 * between.
 */
export type Pack = {
  readonly raws: Uint8Array;
  readonly positions: string;
  readonly reasons: string;
  /** Undefined where none of them has any. */
  readonly metadata: string | undefined;
  readonly count: number;
};

/** Records of a pack, at most, and their bytes, but for one record that has more. */
const packRecordsMax = 2048;
const packBytesMax = 1024 * 1024;

/** Puts records together; those that are no text, or hold a NUL, stay apart. */
export class Packer {
  #packs: Pack[] = [];
  #packedBytes = 0;
  #raws: Buffer = Buffer.allocUnsafeSlow(2 * packBytesMax);
  #length = 0;
  #ends: number[] = [];
  #positions: string[] = [];
  #reasons: number[] = [];
  #metadata: string[] = [];
  /** Of the metadata that is there. */
  #metadataLength = 0;
  readonly odd: Entry[] = [];

  get packedBytes(): number {
    return this.#packedBytes;
  }

  /** Takes a copy of the bytes. */
  add(entry: Entry): void {
    const { position, reason, raw, metadata } = entry;
    if (raw.includes(0)) {
      this.odd.push({ ...entry, raw: Uint8Array.from(raw) });
      return;
    }
    if (this.#length + raw.length >= this.#raws.length) this.#grow(raw.length);
    this.#raws.set(raw, this.#length);
    this.#length += raw.length;
    this.#raws[this.#length++] = 0;
    this.#ends.push(this.#length);
    this.#positions.push(position);
    this.#reasons.push(reason);
    this.#metadata.push(metadata);
    this.#metadataLength += metadata.length;
    const length = this.#length + this.#metadataLength;
    if (this.#ends.length >= packRecordsMax || length >= packBytesMax) this.#close();
  }

  /** The packs up to here. */
  take(): readonly Pack[] {
    this.#close();
    const packs = this.#packs;
    this.#packs = [];
    this.#packedBytes = 0;
    return packs;
  }

  /** Makes a pack of what there is. */
  #close(): void {
    if (this.#ends.length === 0) return;
    const [positions, reasons, ends] = [this.#positions, this.#reasons, this.#ends];
    const [metadata, metadataLength] = [this.#metadata, this.#metadataLength];
    const raws = Buffer.copyBytesFrom(this.#raws, 0, this.#length - 1);
    [this.#positions, this.#reasons, this.#ends, this.#length] = [[], [], [], 0];
    [this.#metadata, this.#metadataLength] = [[], 0];
    // A NUL is never part of a character: all are UTF-8, or one of them is not.
    if (isUtf8(raws)) {
      this.#packs.push({
        raws,
        positions: positions.join('\0'),
        reasons: reasons.join('\0'),
        metadata: metadataLength === 0 ? undefined : metadata.join('\0'),
        count: ends.length,
      });
      this.#packedBytes += raws.length + metadataLength;
      return;
    }
    for (const [index, end] of ends.entries()) {
      const raw = raws.subarray(ends[index - 1] ?? 0, end - 1);
      const entry = {
        position: positions[index] ?? '',
        reason: reasons[index] ?? 0,
        raw,
        metadata: metadata[index] ?? '',
      };
      if (isUtf8(raw)) this.add(entry);
      else this.odd.push(entry);
    }
    this.#close();
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * this.#raws.length + bytes);
    larger.set(this.#raws.subarray(0, this.#length));
    this.#raws = larger;
  }
}
