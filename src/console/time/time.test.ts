import { describe, expect, test } from 'vitest';
import {
  axisMs,
  clockText,
  dayText,
  fieldText,
  isInstant,
  minuteText,
  offsetText,
  timeText,
} from './time-text.ts';
import { meantTime } from './wall-time.ts';
import { isZone, zoneOffsetMs } from './zone-offset.ts';
import { foundZones } from './zone-list.ts';

test.each([
  ['2026-11-23T10:54:26.289000Z', 'UTC', '2026-11-23 10:54:26.289Z'],
  ['2026-11-23T10:54:26.000000Z', 'UTC', '2026-11-23 10:54:26Z'],
  ['2026-11-23T10:54:26.000001Z', 'Europe/Berlin', '2026-11-23 11:54:26.000001+01:00'],
  ['2026-07-01T23:30:00Z', 'Europe/Berlin', '2026-07-02 01:30:00+02:00'],
  ['2026-01-01T02:00:00Z', 'America/New_York', '2025-12-31 21:00:00-05:00'],
  ['2026-01-01T12:00:00Z', 'Europe/London', '2026-01-01 12:00:00+00:00'],
  ['2026-01-01T12:00:00Z', 'Asia/Kathmandu', '2026-01-01 17:45:00+05:45'],
  ['2026-01-01T12:00:00+02:00', 'UTC', '2026-01-01 10:00:00Z'],
  // Before there were zones: by the sun, to the second.
  ['1890-01-01T12:00:00Z', 'Europe/Berlin', '1890-01-01 12:53:28+00:53:28'],
  ['0001-01-01T00:00:00Z', 'UTC', '0001-01-01 00:00:00Z'],
  ['12026-01-01T00:00:00Z', 'Europe/Berlin', '12026-01-01 01:00:00+01:00'],
  // Further than a browser reckons.
  ['294246-01-10T04:00:54.775806Z', 'Europe/Berlin', '294246-01-10 04:00:54.775806Z'],
  // Without a zone there is nothing to shift.
  ['2026-11-23T10:54:26.5', 'Europe/Berlin', '2026-11-23 10:54:26.5'],
  ['2026-11-23', 'Europe/Berlin', '2026-11-23'],
  ['infinity', 'Europe/Berlin', 'infinity'],
])('%s in %s is %s', (text, zone, expected) => {
  expect(timeText(text, zone)).toBe(expected);
});

describe('around the hours when clocks change', () => {
  test.each([
    ['2026-03-29T00:59:59.999Z', 'Europe/Berlin', '2026-03-29 01:59:59.999+01:00'],
    ['2026-03-29T01:00:00Z', 'Europe/Berlin', '2026-03-29 03:00:00+02:00'],
    ['2026-10-25T00:59:59Z', 'Europe/Berlin', '2026-10-25 02:59:59+02:00'],
    ['2026-10-25T01:00:00Z', 'Europe/Berlin', '2026-10-25 02:00:00+01:00'],
    // By half an hour, and south of the equator.
    ['2026-04-04T14:59:59Z', 'Australia/Lord_Howe', '2026-04-05 01:59:59+11:00'],
    ['2026-04-04T15:00:00Z', 'Australia/Lord_Howe', '2026-04-05 01:30:00+10:30'],
    // A day that was not.
    ['2011-12-30T09:59:59Z', 'Pacific/Apia', '2011-12-29 23:59:59-10:00'],
    ['2011-12-30T10:00:00Z', 'Pacific/Apia', '2011-12-31 00:00:00+14:00'],
  ])('%s in %s is %s', (text, zone, expected) => {
    expect(timeText(text, zone)).toBe(expected);
  });

  test.each([
    ['2026-03-29T01:59', 'Europe/Berlin', '2026-03-29T00:59:00.000Z', 'once'],
    ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z', 'skipped'],
    ['2026-03-29T03:00', 'Europe/Berlin', '2026-03-29T01:00:00.000Z', 'once'],
    ['2026-10-25T01:59', 'Europe/Berlin', '2026-10-24T23:59:00.000Z', 'once'],
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z', 'twice'],
    ['2026-10-25 02:30+01:00', 'Europe/Berlin', '2026-10-25T01:30:00.000Z', 'once'],
    ['2026-10-25T03:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z', 'once'],
    ['2026-11-01T01:30:15.5', 'America/New_York', '2026-11-01T05:30:15.500Z', 'twice'],
    ['2026-04-05T01:45', 'Australia/Lord_Howe', '2026-04-04T14:45:00.000Z', 'twice'],
    ['2011-12-30T12:00', 'Pacific/Apia', '2011-12-30T22:00:00.000Z', 'skipped'],
    ['2026-06-01T12:00', 'UTC', '2026-06-01T12:00:00.000Z', 'once'],
  ])('%s typed in %s is %s, %s', (text, zone, instant, how) => {
    expect(meantTime(text, zone)).toEqual({ ms: Date.parse(instant), how });
  });
});

test('every hour of a year is the one that was typed', () => {
  for (const zone of ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Africa/Cairo']) {
    for (let ms = Date.UTC(2026, 0, 1); ms < Date.UTC(2027, 0, 1); ms += 3_600_000) {
      const meant = meantTime(fieldText(ms, zone), zone);
      const other = meant?.how === 'twice' ? [ms, ms - 3_600_000, ms - 1_800_000] : [ms];
      expect(other).toContain(meant?.ms);
    }
  }
});

test.each(['', 'yesterday', '2026-13-01T00:00', '2026-01-01', '2026-01-01T25:00'])(
  'no time is meant by %j',
  (text) => expect(meantTime(text, 'Europe/Berlin')).toBeUndefined(),
);

test('parts of a time', () => {
  const [text, zone] = ['2026-11-23T23:54:26.289123Z', 'Europe/Berlin'] as const;
  expect(minuteText(text, zone)).toBe('2026-11-24 00:54+01:00');
  expect(clockText(text, zone)).toBe('00:54:26.289');
  expect(clockText(text, 'UTC')).toBe('23:54:26.289');
  expect(dayText(Date.parse(text), zone)).toBe('2026-11-24');
  expect(offsetText(Date.parse(text), zone)).toBe('+01:00');
  expect(offsetText(Date.parse(text), 'UTC')).toBe('UTC');
});

test('a place on an axis, exact to the microsecond', () => {
  expect(axisMs('1970-01-01T00:00:01.000250Z')).toBe(1000.25);
  expect(axisMs('1970-01-01T00:00:01.5Z')).toBe(1500);
  expect(axisMs('1970-01-01T00:00:01.0002Z')).toBe(1000.2);
  expect(axisMs('1970-01-01T00:00:01.250Z')).toBe(1250);
  expect(axisMs('11970-01-01T00:00:00Z')).toBe(Date.parse('+011970-01-01T00:00:00Z'));
  expect(axisMs('1970-01-01T00:00:01')).toBe(1000);
  expect(axisMs('1970-01-02')).toBe(86_400_000);
  expect(axisMs('infinity')).toBeUndefined();
  expect(isInstant('1970-01-01T00:00:01Z')).toBe(true);
  expect(isInstant('1970-01-01T00:00:01')).toBe(false);
});

test('zones that are known', () => {
  expect(['UTC', 'Europe/Berlin', 'Mars/Olympus', ''].map(isZone)).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(zoneOffsetMs(0, 'Europe/Berlin')).toBe(3_600_000);
  const zones = ['UTC', 'America/New_York', 'Asia/Baku', 'Europe/Berlin'];
  expect(foundZones(zones, 'new york')).toEqual(['America/New_York']);
  expect(foundZones(zones, 'b')).toEqual(['Asia/Baku', 'Europe/Berlin']);
  expect(foundZones(zones, '')).toEqual(zones);
});
