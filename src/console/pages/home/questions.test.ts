import { expect, test } from 'vitest';
import type { TableAnswer } from '../../../server/api.ts';
import { exampleQuestions } from './questions.ts';

function table(name: string, rows: number, columns: Readonly<Record<string, string>>): TableAnswer {
  return {
    name,
    kind: 'delta',
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
    files: 0,
    rows,
    bytes: 0,
    hot_rows: 0,
    rejected_count: 0,
  };
}

const events = table('events', 100, {
  id: 'VARCHAR',
  at: 'TIMESTAMPTZ',
  platform: 'VARCHAR',
  type: 'VARCHAR',
  price: 'DECIMAL(10,2)',
});

test('without rows there is nothing to ask', () => {
  expect(exampleQuestions([])).toEqual([]);
  expect(exampleQuestions([table('empty', 0, { a: 'BIGINT' })])).toEqual([]);
});

test('there are six questions of a table with times, categories and numbers', () => {
  const questions = exampleQuestions([events]);
  expect(questions.map(({ words }) => words)).toEqual([
    'What came into events last?',
    'How often is each type in events?',
    'How often is each platform in events?',
    'How many rows of events are there a minute?',
    'How large is price in events for each type?',
    'Which type is new in the last five minutes of events?',
  ]);
  expect(questions.some(({ sql }) => sql.includes('"id"'))).toBe(false);
});

test('what was rejected is the last of the six', () => {
  const questions = exampleQuestions([events, table('quarantine', 3, { code: 'VARCHAR' })]);
  expect(questions).toHaveLength(6);
  expect(questions.at(-1)?.words).toBe('What was rejected, and why?');
});

test('names are quoted, whatever they are', () => {
  const hostile = table('a"; b', 1, { 'x"y': 'TIMESTAMP', 'type<b>': 'VARCHAR' });
  for (const { sql } of exampleQuestions([hostile])) {
    expect(sql).toContain('FROM "a""; b"');
    expect(sql).not.toMatch(/(?<!")"; b/);
  }
});
