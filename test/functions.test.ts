import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withFunctionFiles } from '../src/cli/pipeline/function-files.ts';
import { PipelineFixture } from '../src/pipeline/testing/fixture.ts';

// docs/functions.md: each script with its events and the rows that they become, as it is written.

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'functions.md'), 'utf8');

const blocks = Array.from(page.matchAll(/```(\w+)\n([^]*?)```\n/g), ([, language, text = '']) => ({
  language,
  text,
}));
const examples = blocks.flatMap(({ language, text: sql }, index) =>
  language === 'sql'
    ? [{ sql, events: blocks[index + 1]?.text ?? '', rows: blocks[index + 2]?.text ?? '' }]
    : [],
);
const files = Array.from(
  page.matchAll(/^`([\w/]+\.ts)`:\n\n```typescript\n([^]*?)```\n/gm),
  ([, path = '', text = '']) => ({ path, text }),
);

test('the page has examples', () => {
  expect(examples).toHaveLength(2);
  expect(files).toHaveLength(1);
});

test.each(examples)('$sql', async ({ sql: text, events, rows }) => {
  const readText = async (path: string): Promise<{ name: string; text: string }> =>
    await Promise.resolve({
      name: path,
      text: files.find((file) => path === `scripts/${file.path}`)?.text ?? '',
    });
  const { sql } = await withFunctionFiles({ readText }, { name: 'scripts/example.sql', text });
  await using helios = await PipelineFixture.open();
  await helios.supervisor.create({ name: 'example', sql, isAdopting: false });
  const stream = /CREATE TABLE (\w+)/.exec(sql)?.[1] ?? '';
  const table = /INSERT INTO (\w+)/.exec(sql)?.[1] ?? '';
  await helios.sendAndWait(stream, linesOf(events));
  const found = await helios.rows(table);
  const inOrder = found.toSorted((left, right) => Number(left['id']) - Number(right['id']));
  expect(inOrder).toEqual(linesOf(rows).map((line) => JSON.parse(line)));
  for (const { message } of await helios.rows('quarantine')) expect(page).toContain(message);
});

function linesOf(text: string): readonly string[] {
  return text.trim().split('\n');
}
