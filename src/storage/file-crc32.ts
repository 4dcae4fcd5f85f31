import { createReadStream } from 'node:fs';
import { crc32 } from 'node:zlib';

/** CRC-32 (ISO 3309) of a file's bytes, as eight hexadecimal digits. */
export async function fileCrc32(path: string): Promise<string> {
  let crc = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    crc = crc32(chunk as Buffer, crc);
  }
  return crc.toString(16).padStart(8, '0');
}
