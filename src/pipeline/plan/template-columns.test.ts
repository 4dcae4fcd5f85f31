import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, Engine } from '../../engine/engine.ts';
import { parseDuckdbType } from '../../engine/types.ts';
import { readTemplate } from '../../sql/connector/webhook/template.ts';
import type { Output } from './plan.ts';
import { templateColumns } from './template-columns.ts';

let directory: string;
let engine: Engine;
let connection: Connection;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-template-'));
  engine = await Engine.open({
    threads: 1,
    memoryBytes: 128 * 1024 ** 2,
    tempDirectory: directory,
  });
  connection = await engine.connect();
});

afterAll(async () => {
  connection.close();
  engine.close();
  await rm(directory, { recursive: true });
});

const columns = {
  n: ['BIGINT', '12345678901234567'],
  half: ['DOUBLE', '0.5'],
  t: ['VARCHAR', `'say "ü"' || chr(10) || chr(92) || ''''`],
  none: ['VARCHAR', 'NULL'],
  at: ['TIMESTAMP WITH TIME ZONE', `TIMESTAMPTZ '2026-01-02 03:04:05+00'`],
  j: ['JSON', `'{"a":[1,"x"]}'`],
  word: ['JSON', `'"w\\"x"'`],
  l: ['VARCHAR[]', `['a', 'b"']`],
  w: [
    'STRUCT("start" DATE, inner_one STRUCT("odd name" INTEGER))',
    `{'start': DATE '2026-01-02', 'inner_one': {'odd name': 7}}`,
  ],
  nothing: ['STRUCT(a INTEGER)', 'NULL'],
  'Odd.name': ['BOOLEAN', 'true'],
} as const;

const schema = Object.entries(columns).map(([name, [type]]) => ({
  name,
  type: parseDuckdbType(type),
}));

function output(): Output {
  const table = {
    name: 'alerts',
    position: { line: 1, column: 1, length: 1 },
    connector: { kind: 'blackhole' },
    columns: undefined,
    timestampFormat: 'rfc3339',
  } as const;
  return { table, inserts: [], body: [], schema, reads: [], through: [] };
}

async function rendered(text: string, content: 'json' | 'text' = 'json'): Promise<string> {
  const read = readTemplate(text, content);
  if ('problem' in read) throw new Error(read.problem.message);
  const values = Object.entries(columns).map(
    ([name, [type, value]]) => `CAST(${value} AS ${type}) AS "${name}"`,
  );
  const [row] = await connection.rows(
    `SELECT ${templateColumns(output(), read.template)} AS line FROM (SELECT ${values.join(', ')})`,
  );
  return Buffer.from(String(row?.['line']), 'base64').toString('utf8');
}

test.each([
  ['{"v": "{{n}}"}', { v: '12345678901234567' }],
  ['{"v": [{{half}}, "{{half}}"]}', { v: [0.5, '0.5'] }],
  ['{"v": {{t}}, "w": "It: {{ t }}!"}', { v: 'say "ü"\n\\\'', w: 'It: say "ü"\n\\\'!' }],
  ['{"v": {{none}}, "w": "{{none}}"}', { v: null, w: '' }],
  ['{"v": {{at}}, "w": "at {{AT}}"}', { v: '2026-01-02T03:04:05Z', w: 'at 2026-01-02T03:04:05Z' }],
  ['{"v": {{j}}, "w": "{{j}}"}', { v: { a: [1, 'x'] }, w: '{"a":[1,"x"]}' }],
  ['{"v": {{word}}, "w": "{{word}}"}', { v: 'w"x', w: 'w"x' }],
  ['{"v": {{l}}, "w": "{{l}}"}', { v: ['a', 'b"'], w: '["a","b\\""]' }],
  ['{"v": {{w.start}}, "w": "{{w.inner_one.Odd Name}}"}', { v: '2026-01-02', w: '7' }],
  ['{"v": {{nothing.a}}, "w": "{{nothing}}"}', { v: null, w: '' }],
  ['{"v": {{odd.name}}, "{{n}}": 1}', { v: true, '12345678901234567': 1 }],
  ['["\\"{{n}}\\\\", {{n}}0, "{{n}}{{half}}"]', undefined],
  ['[\n"\\"{{half}}\\\\", {{half}},\n "{{half}}{{half}}"]', ['"0.5\\', 0.5, '0.50.5']],
  ['"nothing of the row"', 'nothing of the row'],
])('%s is JSON whatever the values', async (template, value) => {
  if (value === undefined) return await expect(rendered(template)).rejects.toThrow('no JSON');
  expect(JSON.parse(await rendered(template))).toEqual(value);
});

test.each([
  ['{{n}} {{t}}|{{none}}|{{word}}', '12345678901234567 say "ü"\n\\\'||w"x'],
  ['a\n{{j}} {{l}} {{at}}\n', 'a\n{"a":[1,"x"]} ["a","b\\""] 2026-01-02T03:04:05Z\n'],
])('%s as plain text has values as they are', async (template, text) => {
  expect(await rendered(template, 'text')).toBe(text);
});

test.each([
  [
    '{{m}}',
    'The template of alerts has {{m}}, which is none of its columns.',
    'Its columns are n,',
  ],
  ['{{w.end}}', 'The template of alerts has {{w.end}}, which is none of its columns.', 'start'],
  [
    '{{n.a}}',
    'The template of alerts has {{n.a}}, which is none of its columns.',
    'n has no fields',
  ],
])('%s is refused', async (template, message, hint) => {
  await expect(rendered(template)).rejects.toMatchObject({
    code: 'invalid_config',
    message,
    hint: expect.stringContaining(hint),
  });
});
