import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc } from '../../../../test/properties.ts';
import { expect, test } from 'vitest';
import { HeliosError } from '../../../base/errors.ts';
import { type DashboardFile, orderedDashboard, writeDashboardFile } from './dashboard-file.ts';
import { parseDashboardFile } from './parse-dashboard-file.ts';

const { array, assert, asyncProperty, constantFrom, dictionary, integer, record, string } = fc;

const place = { x: 0, y: 0, width: 6, height: 4 };

const board: DashboardFile = {
  panels: [
    {
      ...{ width: 6, height: 4, x: 6, y: 0 },
      ...{ source: { query: 'shop/top' }, kind: 'bar', title: '<b>Top</b> 😀: "x"', id: 'b' },
    },
    {
      ...{ ...place, id: 'a', title: 'Rate', kind: 'number', unit: '%' },
      source: { sql: "select 1 -- it's\nfrom t\n  where  x" },
    },
  ],
  variables: [{ value: 'all', name: 'platform', choices: ['all', 'web'], label: '' }],
  description: '',
  last: '15m',
  refresh_ms: 1000,
  dashboard: 'shop/live',
  queries: [{ sql: 'select $b, $a', parameters: { b: '1', a: 'yes' }, path: 'shop/top' }],
};

const written = `dashboard: shop/live
refresh_ms: 1000
last: 15m
variables:
  - name: platform
    value: all
    choices: [all, web]
panels:
  - id: a
    title: Rate
    kind: number
    unit: '%'
    x: 0
    y: 0
    width: 6
    height: 4
    source:
      sql: |-
        select 1 -- it's
        from t
          where  x

  - id: b
    title: '<b>Top</b> 😀: "x"'
    kind: bar
    x: 6
    y: 0
    width: 6
    height: 4
    source:
      query: shop/top
queries:
  - path: shop/top
    parameters:
      a: '1'
    sql: select $b, $a
`;

test('one order, one block a panel, SQL as it was written', async () => {
  const text = await writeDashboardFile(board);
  const yes = "    parameters:\n      a: yes\n      b: '1'\n";
  expect(text).toBe(written.replace("    parameters:\n      a: '1'\n", yes));
  expect(await writeDashboardFile(await parseDashboardFile(text))).toBe(text);
});

const root = join(import.meta.dirname, '../../../..');

test.each(['examples/shop/dashboard.yaml', 'docs/dashboards.md'])(
  'what %s has is as it would be exported',
  async (path) => {
    const whole = readFileSync(join(root, path), 'utf8');
    const text = /```yaml\n([^`]*)```/.exec(whole)?.[1] ?? whole;
    expect(await writeDashboardFile(await parseDashboardFile(text))).toBe(text);
  },
);

const texts = string({ unit: 'grapheme', maxLength: 60 });
const sqls = array(
  constantFrom('select 1', ' ', '\t', '\n', '\r\n', '#', ': ', "'", '"', '- ', '|', '😀'),
  {
    minLength: 1,
  },
).map((pieces) => pieces.join(''));

test('whatever is written is read as it was', async () => {
  const anyPanel = record({
    id: constantFrom('a', '0', 'yes', '1e3', '-'),
    title: texts,
    kind: constantFrom('table', 'line'),
    x: integer({ min: 0, max: 6 }),
    y: integer({ min: 0, max: 9 }),
    source: record({ sql: sqls }),
  }).map((panel) => ({ ...place, ...panel }));
  const anyQuery = record({
    path: constantFrom('a/b', 'null', 'größte 🚀'),
    sql: sqls,
    parameters: dictionary(constantFrom('a', 'no', 'x_1'), texts),
  });
  await assert(
    asyncProperty(anyPanel, anyQuery, texts, async (panel, query, description) => {
      const file = { description, panels: [panel], queries: [query] };
      const read = await parseDashboardFile(await writeDashboardFile(file));
      const { queries, ...body } = read;
      expect(orderedDashboard(body)).toEqual(orderedDashboard(file));
      const { parameters, ...rest } = query;
      const named = Object.keys(parameters).length === 0 ? {} : { parameters };
      expect(queries).toEqual([{ ...rest, ...named }]);
    }),
    {
      numRuns: 200,
      examples: [
        [
          { ...place, id: 'a', title: '', kind: 'table', source: { sql: 'select 1' } },
          { path: 'a/b', sql: '\tselect 1select 1select 1\n \nselect 1', parameters: {} },
          '',
        ],
      ],
    },
  );
});

async function errorsOf(text: string): Promise<readonly string[]> {
  const thrown: unknown = await parseDashboardFile(text).catch((error: unknown) => error);
  if (!(thrown instanceof HeliosError)) throw new Error('It was taken.');
  expect(thrown.code).toBe('invalid_config');
  const errors = (thrown.details?.['errors'] ?? []) as readonly {
    readonly message: string;
    readonly position: { readonly line: number; readonly column: number };
  }[];
  return errors.map(({ message, position }) => `${position.line}:${position.column} ${message}`);
}

const panel = `  - {id: a, title: A, kind: table, x: 0, y: 0, width: 6, height: 4, source: {sql: x}}`;
const wrong: readonly (readonly [string, readonly string[]])[] = [
  ['', ['1:1 The file must be object.']],
  ['panels: []\nlast: soon', ['2:7 last must be a length of time such as 15m, 6h or 7d.']],
  ['title: x\npanels: []', ['1:1 title is not known.']],
  ['last: 1h', ['1:1 panels is missing.']],
  [
    `panels:\n${panel.replace('table', 'pie')}`,
    ['2:29 panels[0].kind must be one of table, line, bar, number.'],
  ],
  [
    `panels:\n${panel.replace('{sql: x}', '{query: x, sql: x}')}`,
    ['2:77 panels[0].source has none of the values or shapes that it may have.'],
  ],
  [
    `panels:\n${panel.replace('x: 0', 'x: 7')}`,
    ['2:55 panels[0].width is 6: column 7 has 5 left.'],
  ],
  [`panels:\n${panel}\n${panel}`, ['3:10 panels[1].id is "a", as another one\'s before it.']],
  ['panels:\n  - a: [', [expect.stringMatching(/^2:9 This is not YAML: /)]],
  ['panels: []\npanels: []', [expect.stringMatching(/^2:1 This is not YAML: Map keys must be/)]],
];

test.each(wrong)('%j is refused with its place', async (text, expected) => {
  expect(await errorsOf(text)).toEqual(expected);
});

test('aliases are not unfolded', async () => {
  const bomb = `x: &a [b, b]\ny: &b [*a, *a]\npanels: [*b, *b]`;
  await expect(parseDashboardFile(bomb)).rejects.toThrow('aliases');
});
