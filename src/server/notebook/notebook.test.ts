import { expect, test } from 'vitest';
import { parseS3Url } from '../../storage/s3/s3-location.ts';
import { makeNotebook, type NotebookRequest } from './notebook.ts';

const request: NotebookRequest = {
  sql: 'select 1',
  title: 'A title',
  chart: undefined,
  url: 'http://127.0.0.1:7311',
  tables: [],
};

function cellOf(id: string, parts: Partial<NotebookRequest>): string | undefined {
  return makeNotebook({ ...request, ...parts }).cells.find((cell) => cell.id === id)?.source;
}

test('a title is one line of text, whatever it looks like', () => {
  expect(cellOf('title', { title: 'a\n# <b>*b*</b>' })).toMatch(
    /^# a \\# &lt;b\\>\\\*b\\\*&lt;\/b\\>\n/,
  );
});

test('a chart has the columns that were asked for', () => {
  const cell = cellOf('chart', { chart: { kind: 'scatter', x: 'a "b"', y: ['n'] } });
  expect(cell).toContain(String.raw`x = "a \"b\""` + '\ny = ["n"]\n');
  expect(cell).toContain('axes.scatter(');
});

test('files are asked where all tables have a Delta log', () => {
  const folder = { name: 'a"b', place: { path: "/data/it's" } };
  expect(cellOf('files', { tables: [folder] })).toContain(
    `CREATE VIEW "a""b" AS SELECT * FROM delta_scan('/data/it''s')`,
  );
  const quarantine = { name: 'helios.files', place: undefined };
  expect(cellOf('files', { tables: [folder, quarantine] })).toBeUndefined();
  expect(cellOf('about-files', { tables: [folder, quarantine] })).toContain('`helios.files`');
});

test('a store is opened once for all of its tables, with no secret', () => {
  const tables = ['a', 'b'].map((name) => ({
    name,
    place: parseS3Url(`s3::http://127.0.0.1:9000/lake/${name}`),
  }));
  const cell = cellOf('files', { tables }) ?? '';
  expect(cell.match(/^open_store\(.*/gm)).toEqual([
    'open_store("lake", endpoint="http://127.0.0.1:9000")',
  ]);
  expect(cell).toContain(`delta_scan('s3://lake/b')`);
});
