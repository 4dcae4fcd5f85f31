import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PipelineFixture } from '../../src/pipeline/testing/fixture.ts';
import { runPipeline } from '../../src/runtime/run.ts';

// docs/streaming-sql.md: what follows a script there is what it prints.

type Block = { readonly language: string; readonly text: string };

const page = join(import.meta.dirname, '..', '..', 'docs', 'streaming-sql.md');
const lateTitle = '### Rows that come too late\n';
const [beforeLate = '', lateOn = ''] = (await readFile(page, 'utf8')).split(lateTitle);
const lateEnd = lateOn.search(/^##/m);
const lateSection = lateOn.slice(0, lateEnd);
const blocks = blocksOf(beforeLate + lateOn.slice(lateEnd));
const [tables] = blocks.filter(({ language }) => language === 'sql');
const examples = blocks.flatMap(({ language, text }, index) => {
  const after = blocks[index + 1];
  return language === 'sql' && after?.language === 'json'
    ? [{ script: text, prints: after.text, name: text.split('\n')[0] ?? '' }]
    : [];
});

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-page-'));
  const [clicks, orders, products] = blocks.filter(({ language }) => language === 'jsonl');
  await writeFile(join(folder, 'clicks.jsonl'), clicks?.text ?? '');
  await writeFile(join(folder, 'orders.jsonl'), orders?.text ?? '');
  await writeFile(join(folder, 'products.jsonl'), products?.text ?? '');
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test('there are examples', () => {
  expect(examples.length).toBeGreaterThanOrEqual(12);
});

test('the README has examples of the page', async () => {
  const readme = await readFile(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
  const [, section = ''] = readme.split('## Windows of time');
  const scripts = blocksOf(section.split('\n## ')[0] ?? '').map(({ text }) => text);
  expect(scripts.length).toBe(3);
  for (const script of scripts) {
    expect(examples.filter((example) => example.script.startsWith(script)).length).toBe(1);
  }
});

test.each(examples)('$name', async ({ script, prints }) => {
  expect(linesOf(await printed(`${tables?.text}${script}`))).toEqual(linesOf(prints));
});

test('EXPLAIN answers with the plan that the page shows', async () => {
  const [plan] = blocks.flatMap(({ language, text }, index) => {
    const after = blocks[index + 1];
    const isPlan = language === 'sql' && text.startsWith('EXPLAIN') && after?.language === 'text';
    return isPlan ? [{ script: text, prints: after.text }] : [];
  });
  expect(await printed(`${tables?.text}${plan?.script}`)).toBe(plan?.prints);
});

test('late rows are kept as the page says', async () => {
  const [script, first, second, query, rows] = blocksOf(lateSection).map((block) => block.text);
  await using helios = await PipelineFixture.open();
  await helios.supervisor.create({ name: 'p', sql: script ?? '', isAdopting: false });
  await helios.sendAndWait('visits', linesOf(first ?? ''));
  await helios.sendAndWait('visits', linesOf(second ?? ''));
  const [select = ''] = (query ?? '').replace(/^SELECT /, '').split(' FROM minutes_late');
  const found = await helios.rows('minutes_late', select.replace('"row"', '"row"::JSON'));
  const given = found.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shown(value)])),
  );
  expect(given).toEqual(linesOf(rows ?? '').map((line) => JSON.parse(line)));
});

/** Times as results have them. */
function shown(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(/^(\S{10}) (\S{8})\+00$/, '$1T$2Z');
}

/** What `helios run` prints. */
async function printed(sql: string): Promise<string> {
  const chunks: string[] = [];
  const stdout = new Writable({
    write: (chunk, _encoding, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  const { explained } = await runPipeline(
    {
      sql,
      baseDirectory: folder,
      dataDirectory: undefined,
      logLevel: 'silent',
      stdout,
      onProgress: () => undefined,
      signal: new AbortController().signal,
    },
    {},
  );
  return chunks.join('') + (explained?.plan ?? '');
}

/** Rows come in no order. */
function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();
}

/** The fenced blocks of a page. */
function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', content = '']) => ({
    language,
    text: content,
  }));
}
