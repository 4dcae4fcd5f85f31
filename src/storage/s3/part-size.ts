import { HeliosError } from '../../base/errors.ts';

export type PartLimits = {
  /** Bytes of a part, where the file is not too large for so small ones. */
  readonly partBytes?: number | undefined;
  readonly partsMax?: number | undefined;
  /** Files of fewer bytes go in one request. */
  readonly multipartBytesMin?: number | undefined;
};

/** What S3 allows (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
const partBytesMin = 5 * 1024 ** 2;
const partBytesMax = 5 * 1024 ** 3;
const partsMaxOfS3 = 10_000;
/** Where stores differ, the least: 5 TiB. */
const objectBytesMax = 5 * 1024 ** 4;

const partBytesDefault = 16 * 1024 ** 2;
/** A file that goes in one request is in memory for it. */
const wholeBytesMax = 64 * 1024 ** 2;
/** Bytes of parts that are in memory at once; one part always is. */
const bytesAtOnceMax = 64 * 1024 ** 2;
const partsAtOnceMax = 3;

export type PartPlan = {
  readonly partBytes: number;
  readonly count: number;
  readonly atOnce: number;
};

/** How a file is sent; undefined is in one request. `too_large` for what no store takes. */
export function planParts(byteLength: number, limits: PartLimits): PartPlan | undefined {
  const wanted = Math.max(partBytesMin, limits.partBytes ?? partBytesDefault);
  const wholeMax = Math.min(limits.multipartBytesMin ?? wanted + 1, wholeBytesMax);
  if (byteLength < Math.max(1, wholeMax)) return undefined;
  if (byteLength > objectBytesMax) {
    throw new HeliosError('too_large', `A file has ${byteLength} bytes; S3 takes 5 TiB.`, {
      hint: 'Set a smaller target_file_size.',
    });
  }
  const partsMax = Math.min(partsMaxOfS3, limits.partsMax ?? partsMaxOfS3);
  const partBytes = Math.min(partBytesMax, Math.max(wanted, Math.ceil(byteLength / partsMax)));
  const count = Math.ceil(byteLength / partBytes);
  const atOnce = Math.max(1, Math.min(partsAtOnceMax, Math.floor(bytesAtOnceMax / partBytes)));
  return { partBytes, count, atOnce: Math.min(atOnce, count) };
}
