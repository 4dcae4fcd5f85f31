import { InvalidArgumentError } from 'commander';

/** `7d`, `90m`, `1h30m`, `500ms` as milliseconds. A bare number has no unit, and is refused. */
export function parseDurationMs(text: string): number {
  const durationMs = durationMsOf(text);
  if (durationMs !== undefined) return durationMs;
  throw new InvalidArgumentError('Give a duration with its unit, such as 7d, 12h or 90m.');
}

/** The same where another setting than an option is read; undefined for what is no duration. */
export function durationMsOf(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)];
  const isWhole = parts.length > 0 && parts.map((part) => part[0]).join('') === text;
  const durationMs = parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitMs(unit), 0);
  return isWhole && Number.isSafeInteger(durationMs) ? durationMs : undefined;
}

/** `10GB`, `512MiB`, `4096` as bytes. Units count in 1024s, as in the options of tables. */
export function parseBytes(text: string): number {
  const bytes = bytesOf(text);
  if (bytes !== undefined) return bytes;
  throw new InvalidArgumentError('Give a size such as 10GB, 512MB or 4096.');
}

/** The same where another setting than an option is read; undefined for what is no size. */
export function bytesOf(text: string): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?$/i.exec(text) ?? [];
  const power = 'kmgtp'.indexOf((unit ?? '').toLowerCase() || ' ') + 1;
  const bytes = Math.round(Number(count) * 1024 ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A parser of whole numbers in a range, for options. */
export function parseInteger(smallest: number, largest: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= smallest && number <= largest) return number;
    throw new InvalidArgumentError(`Give a whole number from ${smallest} to ${largest}.`);
  };
}

/** A share as `0.05` or `5%`. */
export function parseShare(text: string): number {
  const [, count, percent] = /^(\d*\.?\d+)(%?)$/.exec(text) ?? [];
  const share = Number(count) / (percent === '%' ? 100 : 1);
  if (share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError('Give a share from 0 to 1, or from 0% to 100%.');
}

/** A number above zero. */
export function parsePositive(text: string): number {
  const number = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number > 0) return number;
  throw new InvalidArgumentError('Give a number above 0.');
}

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

function unitMs(unit: string | undefined): number {
  return unitsMs[unit ?? ''] ?? Number.NaN;
}
