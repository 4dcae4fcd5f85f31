import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PipelineFixture } from '../src/pipeline/testing/fixture.ts';

// docs/functions.md: each script with its events and the rows that they become, as it is written.

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'functions.md'), 'utf8');
const block = '```(\\w+)\\n([^]*?)```\\n';
const example = new RegExp(`${block}\\n[^\`]*?${block}\\n[^\`]*?${block}`, 'g');

const examples = Array.from(page.matchAll(example), ([, ...parts]) => parts)
  .filter(([first, , second, , third]) => `${first} ${second} ${third}` === 'sql json json')
  .map(([, sql = '', , events = '', , rows = '']) => ({ sql, events, rows }));

test('the page has examples', () => {
  expect(examples.length).toBeGreaterThan(0);
});

test.each(examples)('$sql', async ({ sql, events, rows }) => {
  await using helios = await PipelineFixture.open();
  await helios.supervisor.create({ name: 'example', sql, isAdopting: false });
  const stream = /CREATE TABLE (\w+)/.exec(sql)?.[1] ?? '';
  const table = /INSERT INTO (\w+)/.exec(sql)?.[1] ?? '';
  await helios.sendAndWait(stream, linesOf(events));
  const found = await helios.rows(table);
  const inOrder = found.toSorted((left, right) => Number(left['id']) - Number(right['id']));
  expect(inOrder).toEqual(linesOf(rows).map((line) => JSON.parse(line)));
});

function linesOf(text: string): readonly string[] {
  return text.trim().split('\n');
}
