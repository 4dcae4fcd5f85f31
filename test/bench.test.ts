import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const document = 'docs/benchmarks.md';

test('a trial run of the benchmarks measures each of them and leaves the document alone', () => {
  const before = readFileSync(document, 'utf8');
  const names = ['json-delta', 'query', 'start', 'recovery'];
  const trial = ['--scale', '0.005', '--rounds', '1'];
  const run = spawnSync(process.execPath, ['bench/bench.ts', ...names, ...trial], {
    encoding: 'utf8',
  });
  expect(run.status, run.stderr).toBe(0);
  const rows = run.stdout.split('\n').filter((line) => line.startsWith('| '));
  // A header and its rule; two filters, three queries, two numbers of the start, one recovery.
  expect(rows).toHaveLength(2 + 2 + 3 + 2 + 1);
  expect(rows.filter((row) => row.includes('failed'))).toEqual([]);
  expect(readFileSync(document, 'utf8')).toBe(before);
});

test('a benchmark that does not exist is refused with the list of those that do', () => {
  const run = spawnSync(process.execPath, ['bench/bench.ts', 'jason'], { encoding: 'utf8' });
  expect(run.status).toBe(1);
  expect(run.stderr).toContain('There is no jason; there are json-delta, kafka');
});
