import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { everything, smallSettings, variants } from '../testing/variants.ts';
import { estimateMonthly, usualAssumptions } from './estimate.ts';

test('one small machine with 100 events a second costs less than a fifth of $141', () => {
  const { totalUsd, items } = estimateMonthly(smallSettings);
  expect(totalUsd).toBeLessThanOrEqual(28.2);
  expect(totalUsd).toBeCloseTo(
    items.reduce((sum, { usd }) => sum + usd, 0),
    6,
  );
});

test('every item says how it was worked out, and the sum is right', () => {
  const { items } = estimateMonthly(everything.fargate);
  for (const { what, usd, how } of items) {
    expect(usd, what).toBeGreaterThanOrEqual(0);
    expect(how, what).toMatch(/\d|free/);
  }
  const machine = estimateMonthly(smallSettings).items[0];
  expect(machine).toEqual({
    what: 'One t4g.small, 2 GB',
    usd: 730 * 0.0168,
    how: '730 h × $0.0168',
  });
});

describe('what costs more', () => {
  const small = estimateMonthly(smallSettings).totalUsd;
  test.each([
    ['a container', variants['fargate'], 24],
    ['two shards', variants['newStream'], 25.6],
    ['a larger machine', { ...smallSettings, size: 'medium' }, 12.3],
    ['an ok in a tenth of a second', { ...smallSettings, ackIntervalMs: 150 }, 9.5],
    ['a domain', variants['domain'], 0],
  ] as const)('%s', (_what, settings, moreUsd) => {
    const more = estimateMonthly(settings ?? smallSettings).totalUsd - small;
    expect(Math.abs(more - moreUsd)).toBeLessThan(0.3);
  });
});

test('events one by one are paid by the request, and that is said before', () => {
  const single = { ...usualAssumptions, eventsPerRequest: 1 };
  const estimate = estimateMonthly(smallSettings, single);
  expect(estimate.totalUsd).toBeGreaterThan(250);
  expect(estimateMonthly(smallSettings).warnings).toEqual([
    'One event a request would be 263 million requests a month at CloudFront: $253 more. ' +
      'Send them in batches.',
  ]);
  const few = { ...usualAssumptions, eventsPerSecond: 1 };
  expect(estimateMonthly(smallSettings, few).warnings).toEqual([]);
});

test('docs/costs.md says the same', async () => {
  const path = join(import.meta.dirname, '..', '..', '..', 'docs', 'costs.md');
  const text = await readFile(path, 'utf8');
  const { items, totalUsd } = estimateMonthly(smallSettings);
  for (const { what, usd, how } of items) {
    expect(text).toContain(`| ${what} | $${usd.toFixed(2)} | ${how} |`);
  }
  expect(text).toContain(`| **together** | **$${totalUsd.toFixed(2)}** | |`);
});

test('other regions are said to have other prices', () => {
  const { assumptions } = estimateMonthly({ ...smallSettings, region: 'sa-east-1' });
  expect(assumptions.join('\n')).toContain('sa-east-1 has prices of its own');
});
