import type { Reading } from './fields.ts';
import { logDaysAllowed, namePattern } from './settings.ts';

/** How values of the settings' file are read. Each throws what a wrong one is not. */

export const text: Reading<string> = (value) => {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw new Error('is not a text');
};

/** Reading `1e5` or `0123` as numbers is YAML's doing: their writers meant names. */
export function identifier(what: string, prefix = ''): Reading<string> {
  return (value) => {
    if (typeof value === 'string' && value.startsWith(prefix) && /^[\w.-]+$/.test(value)) {
      return value;
    }
    throw new Error(`is not ${what}${prefix === '' ? '' : `, which begins with ${prefix}`}`);
  };
}

export const stackNameText: Reading<string> = (value) => {
  if (typeof value === 'string' && namePattern.test(value)) return value;
  throw new Error(
    'is not a name of 2 to 24 small letters, digits and hyphens that begins with a letter',
  );
};

export const domainName: Reading<string> = (value) => {
  const isName =
    typeof value === 'string' && /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/.test(value);
  if (isName) return value;
  throw new Error('is not a domain in small letters, such as events.example.com');
};

export const address: Reading<string> = (value) => {
  if (typeof value === 'string' && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) return value;
  throw new Error('is not an address for mail');
};

export function oneOf<const Choice extends string>(...choices: readonly Choice[]): Reading<Choice> {
  return (value) => {
    const choice = choices.find((known) => known === value);
    if (choice !== undefined) return choice;
    throw new Error(`is not one of ${choices.join(', ')}`);
  };
}

export const oneOfDays: Reading<number> = (value) => {
  if (typeof value === 'number' && logDaysAllowed.includes(value)) return value;
  throw new Error(`is not one of the days that CloudWatch has: ${logDaysAllowed.join(', ')}`);
};

export function wholeNumber(smallest: number, largest: number): Reading<number> {
  return (value) => {
    const isWhole = typeof value === 'number' && Number.isInteger(value);
    if (isWhole && value >= smallest && value <= largest) return value;
    throw new Error(`is not a whole number from ${smallest} to ${largest}`);
  };
}

/** `3s`, `500ms` or `1m` as milliseconds. */
export function duration(smallestMs: number, largestMs: number): Reading<number> {
  return (value) => {
    const [, count, unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(String(value)) ?? [];
    const durationMs = Number(count) * (unitsMs[unit] ?? Number.NaN);
    if (durationMs >= smallestMs && durationMs <= largestMs) return durationMs;
    throw new Error(
      `is not a duration from ${durationText(smallestMs)} to ${durationText(largestMs)}`,
    );
  };
}

/** As `duration` reads it, in the largest unit that fits. */
export function durationText(durationMs: number): string {
  const [unit = 'ms', size = 1] =
    Object.entries(unitsMs).findLast(([, unitMs]) => durationMs % unitMs === 0) ?? [];
  return `${durationMs / size}${unit}`;
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** An ARN of a service, of a kind of thing, in one region if that matters. */
export function accountArn(service: string, kind: string, region = '[a-z0-9-]+'): Reading<string> {
  const pattern = new RegExp(`^arn:aws[a-z-]*:${service}:${region}:\\d{12}:${kind}[\\w./-]+$`);
  const where = region.startsWith('[') ? 'REGION' : region;
  return (value) => {
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw new Error(`is not an ARN such as arn:aws:${service}:${where}:ACCOUNT:${kind}NAME`);
  };
}
