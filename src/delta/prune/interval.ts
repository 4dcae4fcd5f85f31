import { HeliosError } from '../../base/errors.ts';

const unitMs: Readonly<Record<string, number>> = {
  microsecond: 0.001,
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

/**
 * A duration of a table's configuration as Spark writes it, `interval 30 days`, in milliseconds.
 * Months and years have no fixed length and are refused, as Delta does: `invalid_config`.
 */
export function intervalMs(text: string): number {
  const words = text
    .trim()
    .toLowerCase()
    .replace(/^interval\s+/, '')
    .split(/\s+/);
  let sumMs = 0;
  for (let index = 0; index < words.length; index += 2) {
    const number = /^\d+$/.test(words[index] ?? '') ? Number(words[index]) : undefined;
    const unit = unitMs[(words[index + 1] ?? '').replace(/s$/, '')];
    if (number === undefined || unit === undefined) {
      throw new HeliosError(
        'invalid_config',
        `The table's configuration has the duration ${JSON.stringify(text)}, which is not one.`,
        { hint: 'Write it like "interval 30 days".' },
      );
    }
    sumMs += number * unit;
  }
  return sumMs;
}
