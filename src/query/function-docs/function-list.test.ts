import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Engine } from '../../engine/engine.ts';
import { type FunctionInfo, functionList } from './function-list.ts';
import { functionNotes } from './notes.generated.ts';

let folder: string;
let engine: Engine;
let list: readonly FunctionInfo[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'functions-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 27, tempDirectory: folder });
  list = await functionList(await engine.connect());
});

afterAll(() => {
  engine.close();
  rmSync(folder, { recursive: true, force: true });
});

function named(name: string): FunctionInfo | undefined {
  return list.find((one) => one.name === name);
}

test.each([
  ['lower', { kind: 'scalar', signatures: ['lower(string VARCHAR) → VARCHAR'] }],
  ['arg_max', { kind: 'aggregate', description: expect.stringContaining('maximum val') }],
  [
    'row_number',
    { signatures: ['row_number() → BIGINT'], example: expect.stringContaining('over') },
  ],
  ['json_each', { kind: 'table', description: expect.stringContaining('object or array') }],
  ['date_trunc', { kind: 'scalar', example: expect.stringContaining('date_trunc(') }],
])('%s is explained', (name, expected) => {
  expect(named(name)).toMatchObject(expected);
});

test('overloads that differ in types alone are one signature', () => {
  expect(named('arg_max')?.signatures[0]).toBe('arg_max(arg, val)');
  expect(Math.max(...list.map(({ signatures }) => signatures.length))).toBeLessThanOrEqual(4);
});

test('what the gate refuses is not offered, and signs are no functions', () => {
  for (const name of ['read_csv', 'getenv', 'current_setting', '+']) {
    expect(named(name)).toBeUndefined();
  }
  expect(list.length).toBeGreaterThan(400);
});

test('every note is of a function that there is, and complete', () => {
  for (const [name, { signature, ...note }] of functionNotes) {
    expect(named(name), name).toMatchObject({ ...note, signatures: [signature] });
    expect(note.example, name).not.toBe('');
  }
});
