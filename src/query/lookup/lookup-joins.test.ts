import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fc } from '../../../test/properties.ts';
import type { PipelineFixture } from '../../pipeline/testing/fixture.ts';
import {
  changesOf,
  crashed,
  outputsOf,
  queryRows,
  stateAfter,
} from '../../pipeline/updating/testing/changes.ts';
import { create, Looking, order, ordersTable } from './testing/looking.ts';

const tables = {
  orders: { id: 'INTEGER', currency: 'VARCHAR', amount: 'DOUBLE' },
  rates: { currency: 'VARCHAR', rate: 'DOUBLE', since: 'INTEGER' },
  blocked: { id: 'INTEGER' },
};

const plain = [
  'SELECT id, amount * rate AS usd FROM orders JOIN rates USING (currency)',
  'SELECT o.*, r.rate FROM orders o LEFT JOIN rates r ON r.currency = o.currency AND rate > 1',
  'SELECT * FROM rates JOIN orders USING (currency)',
  'SELECT id, rate FROM rates r RIGHT JOIN orders o ON r.since <= o.id',
  'SELECT id, r AS whole FROM orders CROSS JOIN rates r',
  'SELECT id, currency FROM orders WHERE id IN (SELECT id FROM blocked)',
  'SELECT id, currency FROM orders WHERE id NOT IN (SELECT id FROM blocked WHERE id IS NOT NULL)',
  'SELECT id, currency FROM orders WHERE currency NOT IN (SELECT currency FROM rates)',
  'SELECT id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM rates r WHERE r.currency = o.currency)',
  'SELECT id, (SELECT max(rate) FROM rates r WHERE r.currency = o.currency) AS best FROM orders o',
  'SELECT id, id IN (SELECT id FROM blocked) AS is_blocked FROM orders',
  `SELECT id, latest.rate FROM orders o, LATERAL (
    SELECT rate FROM rates r WHERE r.currency = o.currency ORDER BY since DESC, rate LIMIT 1) latest`,
  'SELECT o.id, r.rate FROM orders o ASOF LEFT JOIN best r ON o.currency = r.currency AND o.id >= r.top',
  'WITH dear AS (SELECT currency, rate FROM rates WHERE rate > 1) SELECT id, rate FROM orders JOIN dear USING (currency)',
  'SELECT id, n FROM orders JOIN (SELECT currency, count(*) AS n FROM rates GROUP BY currency) USING (currency)',
  'SELECT id, rates.rate, top FROM orders JOIN rates USING (currency) JOIN best USING (currency)',
];

/** Those that keep rows. */
const keeping = [
  'SELECT currency, count(*) AS n, sum(rate) AS rates FROM orders JOIN rates USING (currency) GROUP BY currency',
  'SELECT count(*) AS n FROM orders WHERE id IN (SELECT id FROM blocked)',
  'SELECT DISTINCT rate FROM orders JOIN rates USING (currency)',
  'SELECT a.id, b.id AS other, rate FROM orders a JOIN orders b ON a.currency = b.currency LEFT JOIN best ON best.currency = a.currency',
];
const selects = [...plain, ...keeping];

const best = 'SELECT currency, max(rate) AS rate, max(since) AS top FROM rates GROUP BY currency';

const currency = fc.constantFrom('EUR', 'CHF', 'JPY', null);
const small = fc.option(fc.integer({ min: 0, max: 4 }));
const input = fc.record({
  rates: fc.array(fc.record({ currency, rate: small, since: small }), { maxLength: 6 }),
  blocked: fc.array(fc.record({ id: small }), { maxLength: 3 }),
  steps: fc.array(
    fc.record({
      orders: fc.array(fc.record({ id: small, currency, amount: small }), {
        minLength: 1,
        maxLength: 5,
      }),
      next: fc.constantFrom('go on', 'restart', 'crash'),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

test('what is looked up in tables that stay as they are is what one query finds', async () => {
  await fc.assert(
    fc.asyncProperty(input, async ({ rates, steps, ...more }) => {
      const blocked = [...more.blocked, { id: 9 }];
      let helios = await new Looking().open();
      const sent: object[] = [];
      try {
        const lookups = await lookupFiles(helios, { rates, blocked });
        const tablesSql = `${ordersTable} ${lookups} CREATE VIEW best AS ${best};`;
        await create(helios, 'p', `${tablesSql} ${outputsOf(plain)}`);
        const outputs = outputsOf(keeping).replaceAll(/\bout(\d+)/g, (_, index) => {
          return `out${Number(index) + plain.length}`;
        });
        await create(helios, 'q', `${tablesSql} ${outputs}`);
        for (const step of steps) {
          sent.push(...step.orders);
          const records = step.orders.map((one) => JSON.stringify(one));
          if (step.next === 'crash') await helios.send('orders', records);
          else await helios.sendAndWait('orders', records);
          if (step.next === 'restart') helios = await helios.reopened();
          if (step.next === 'crash') helios = await crashed(helios);
        }
        await helios.sendAndWait('orders', [order(9, 'EUR', 1)]);
        const all = { rates, blocked, orders: [...sent, { id: 9, currency: 'EUR', amount: 1 }] };
        const inputs = (['orders', 'rates', 'blocked'] as const).map((name) => {
          return { name, columns: tables[name], rows: all[name] };
        });
        for (const [index, select] of selects.entries()) {
          const state = stateAfter(await changesOf(helios, index));
          const views = `, best AS (${best})`;
          expect(state, select).toEqual(await queryRows(helios, inputs, { select, views }));
        }
      } finally {
        await helios[Symbol.asyncDispose]();
      }
    }),
    { numRuns: 1 },
  );
}, 60_000);

/** A file for each table, and the script's words for it. */
async function lookupFiles(
  { directory }: PipelineFixture,
  rows: { readonly rates: readonly object[]; readonly blocked: readonly object[] },
): Promise<string> {
  const texts: string[] = [];
  for (const name of ['rates', 'blocked'] as const) {
    const columns = Object.entries(tables[name]).map(([column, type]) => `${column} ${type}`);
    const path = join(directory, `${name}.csv`);
    const keys = Object.keys(tables[name]);
    const lines = rows[name].map((row) =>
      Object.values(row)
        .map((value) => value ?? '')
        .join(','),
    );
    await writeFile(path, `${[keys.join(','), ...lines].join('\n')}\n`);
    texts.push(`CREATE TEMPORARY TABLE ${name} (${columns.join(', ')})
      WITH (connector = 'single_file', path = '${name}.csv');`);
  }
  return texts.join('\n');
}
