import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import type { PipelineGraph } from '../../src/pipeline/graph/graph.ts';
import { PipelineFixture } from '../../src/pipeline/testing/fixture.ts';
import { events, script } from '../../src/pipeline/testing/scripts.ts';
import { planScript } from '../../src/pipeline/plan/planner.ts';
import { validationOf } from '../../src/pipeline/plan/validation.ts';
import type { Script } from '../../src/sql/script.ts';
import { readCases, suiteFolder, wholeScript } from './suite.ts';

// What `validate` and EXPLAIN say of a script: plans/plans.sql, as text and as JSON in plans.out; and
// what is true of the graph of every script of the suite.

let engine: Engine;

beforeAll(async () => {
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: tmpdir() });
});

afterAll(() => {
  engine.close();
});

type Planned = { readonly graph: PipelineGraph; readonly plan: string; readonly script: Script };

async function plannedScript(text: string): Promise<Planned> {
  await using connection = await engine.connect();
  const planned = await planScript(wholeScript(text, 'out'), connection);
  const validation = validationOf(planned);
  if (planned.kind === 'errors' || validation.kind === 'errors') {
    throw new Error(JSON.stringify(planned));
  }
  const { graph, plan } = validation;
  return { graph, plan, script: planned.plan.script };
}

const written = readCases('plans').get('plans') ?? [];
const golden = join(suiteFolder, 'plans', 'plans.out');

test('plans are as they were', async () => {
  const shown: string[] = [];
  for (const { name, script: text } of written) {
    const { graph, plan } = await plannedScript(text);
    const nodes = graph.nodes.map((node) => JSON.stringify(node));
    const edges = graph.edges.map(({ from, to }) => `${from} -> ${to}`);
    shown.push(`-- case: ${name}\n${plan}\n${[...nodes, ...edges].join('\n')}\n`);
  }
  expect(shown.length).toBeGreaterThanOrEqual(20);
  const all = shown.join('\n');
  if (existsSync(golden)) {
    const isSame = readFileSync(golden, 'utf8') === all;
    if (!isSame) writeFileSync(`${golden}.changed`, all);
    expect(isSame, `see ${golden}.changed`).toBe(true);
  } else {
    expect(process.env['CI'], `${golden} is missing`).toBeUndefined();
    writeFileSync(golden, all);
  }
});

const cases = [...readCases('cases'), ...readCases('plans')].flatMap(([file, all]) =>
  all.map(({ name, script: text }) => ({ name: `${file}: ${name}`, text })),
);

describe('each graph is whole', () => {
  test.each(cases)('$name', async ({ text }) => {
    const { graph, plan, script: whole } = await plannedScript(text);
    const ids = graph.nodes.map(({ id }) => id);
    expect(new Set(ids).size, 'ids are unique').toBe(ids.length);
    for (const { from, to } of graph.edges) {
      // Each node stands after those it reads, so that no edge leads back.
      expect(ids.indexOf(from), `${from} -> ${to}`).toBeGreaterThanOrEqual(0);
      expect(ids.indexOf(from), `${from} -> ${to}`).toBeLessThan(ids.indexOf(to));
    }
    if (whole.explained.length === 0) {
      for (const { name } of whole.sources) expect(ids).toContain(name);
      for (const { name } of whole.sinks) expect(ids).toContain(name);
    }
    for (const { id, kind } of graph.nodes) {
      const isRead = graph.edges.some(({ from }) => from === id);
      const reads = graph.edges.some(({ to }) => to === id);
      const isUnused = plan.includes(`source ${id}: no sink reads it`);
      expect(isRead, `${id} is read`).toBe(kind !== 'sink' && !isUnused);
      expect(reads, `${id} reads`).toBe(kind !== 'source' && kind !== 'lookup');
    }
    const lines = plan.split('\n');
    expect(lines.filter((line) => line.length > 100 || line.includes('__'))).toEqual([]);
  });
});

test('a pipeline that runs has the plan of its script, and so has one that stopped', async () => {
  await using helios = await PipelineFixture.open();
  const { supervisor } = helios;
  const counts = script('SELECT id, count(*) AS n FROM events GROUP BY id');
  await supervisor.create({ name: 'p', sql: counts, isAdopting: false });
  const running = await supervisor.plan('p');
  const validation = await supervisor.validate(counts);
  expect(validation).toMatchObject(running);
  expect(running.plan).toContain('mode: kept current, by id');
  await supervisor.stop('p', { isDiscarding: false });
  expect(await supervisor.plan('p')).toEqual(running);
  await expect(supervisor.plan('q')).rejects.toMatchObject({ code: 'not_found' });
});

test('what EXPLAIN asks about cannot run', async () => {
  await using helios = await PipelineFixture.open();
  const { supervisor } = helios;
  const sql = `${events} EXPLAIN SELECT id FROM events;`;
  const refused = {
    code: 'invalid_sql',
    message: 'EXPLAIN shows a plan: there is nothing to run.',
    position: { line: 2 },
  };
  const creating = supervisor.create({ name: 'p', sql, isAdopting: false });
  await expect(creating).rejects.toMatchObject(refused);
  const signal = new AbortController().signal;
  const options = { rowsMax: 1, timeoutMs: 1000, input: 'history', signal } as const;
  const first = supervisor.preview(sql, options)[Symbol.asyncIterator]().next();
  await expect(first).rejects.toMatchObject(refused);
  expect(await supervisor.validate(sql)).toMatchObject({ kind: 'ok' });
});
