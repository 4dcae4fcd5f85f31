import { expect, test } from 'vitest';
import { nestedPathAt } from './nested-path.ts';

const tables = [
  {
    name: 'events',
    columns: [
      { name: 'props', type: 'JSON' },
      { name: 'Place', type: 'STRUCT(city VARCHAR)' },
    ],
  },
];

test.each([
  ['select props.', 'props', [], 'dot', 0],
  ['select e.props.it', 'props', [], 'dot', 2],
  ['select props.items.na', 'props', ['items'], 'dot', 2],
  ["select props->'a'->>'b", 'props', ['a'], 'text arrow', 1],
  ["select props -> '", 'props', [], 'json arrow', 0],
  ["select e.props->'it''s'->'", 'props', ["it's"], 'json arrow', 0],
  ['select "Place".', 'Place', [], 'dot', 0],
  ['select place.c', 'Place', [], 'dot', 1],
] as const)('%s is in %s at %j', (before, column, path, opener, written) => {
  // The editor closes what is opened.
  const closed = opener === 'dot' ? '' : "'";
  const statement = `${before}${closed} from events e`;
  const found = nestedPathAt(statement, before, tables);
  expect(found).toMatchObject({ table: 'events', column, path, opener, written });
});

test.each([
  'select e.',
  'select nothing.',
  "select 'props.",
  'select 1 -- props.',
  'select props',
  'select 1.',
  "select props->>'a' ",
])('%s is no path', (before) => {
  expect(nestedPathAt(`${before} from events e`, before, tables)).toBeUndefined();
});
