export type HexLine = {
  readonly offset: number;
  readonly bytes: readonly number[];
};

/** Bytes in a line of a dump. */
const lineBytes = 16;

export function hexLines(bytes: Uint8Array): readonly HexLine[] {
  const lines: HexLine[] = [];
  for (let offset = 0; offset < bytes.length; offset += lineBytes) {
    lines.push({ offset, bytes: [...bytes.subarray(offset, offset + lineBytes)] });
  }
  return lines;
}

/** `0f` */
export function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** A byte as a character, where it is one that can be seen. */
export function shownByte(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
}

export function bytesOfBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
