import { expect, test } from 'vitest';
import { allStatements, splitStatements } from './statements.ts';

test.each([
  ['select 1', [], 'select 1'],
  ['select 1;', ['select 1'], ''],
  ['select 1; select 2', ['select 1'], ' select 2'],
  ["select ';'; x", ["select ';'"], ' x'],
  ["select 'it''s;'; x", ["select 'it''s;'"], ' x'],
  ['select ";" ; x', ['select ";"'], ' x'],
  ['select 1 -- a; b\n; x', ['select 1 -- a; b'], ' x'],
  ['select /* ; */ 1; x', ['select /* ; */ 1'], ' x'],
  ['select $$;$$; x', ['select $$;$$'], ' x'],
  ['select $a$;$$;$a$; x', ['select $a$;$$;$a$'], ' x'],
  ["select 'open; x", [], "select 'open; x"],
  ['select /* open; x', [], 'select /* open; x'],
  [';;', [], ''],
  ['-- only this\n;', [], ''],
])('%j is cut at the semicolons that count', (text, statements, rest) => {
  const split = splitStatements(text);
  expect(split.statements.map((statement) => statement.sql)).toEqual(statements);
  expect(split.rest).toBe(rest);
});

test('statements know their line, and the last needs no semicolon', () => {
  expect(allStatements('select 1;\n\n  select\n2;\n-- end\nselect 3\n')).toEqual([
    { sql: 'select 1', lineStart: 1 },
    { sql: 'select\n2', lineStart: 3 },
    { sql: '-- end\nselect 3', lineStart: 5 },
  ]);
  expect(allStatements('-- nothing')).toEqual([]);
});
