import { expect, test } from 'vitest';
import type { PipelineAnswer } from '../../../server/api.ts';
import { layoutGraph } from './graph/layout.ts';
import { edgeWidth, graphOf } from './graph/pipeline-graph.ts';
import { editPath, pipelinePath, viewOf } from './pipeline-path.ts';
import { lagOf, ratesBetween, rowsOf } from './rates.ts';

test.each(['shop', 'new', 'a b/c', 'edit'])('the paths of %s lead back to it', (name) => {
  const rest = (path: string): string[] => path.split('/').slice(2).map(decodeURIComponent);
  expect(viewOf(rest(pipelinePath(name)))).toEqual({ kind: 'one', name });
  expect(viewOf(rest(editPath(name)))).toEqual({ kind: 'edit', name });
});

test('without a name there is the list, and new is a page of its own', () => {
  expect(viewOf([])).toEqual({ kind: 'list' });
  expect(viewOf(['new'])).toEqual({ kind: 'new' });
});

const counts = { records_read: 0, records_rejected: 0 };
const recent = { last_5_minutes: counts, last_hour: counts };

function pipeline(changes: Partial<PipelineAnswer>): PipelineAnswer {
  return {
    id: 'p',
    name: 'shop',
    sql: '',
    state: 'running',
    created_at: '2026-01-01T00:00:00Z',
    epoch: 1,
    bytes_in: 0,
    records_rejected: 0,
    records_replayed: 0,
    records_dropped: 0,
    recent: { since: '', ...recent, rejected_by_minute: [] },
    sources: [{ name: 'events', connector: 'http', lag_ms: 200, recent }],
    sinks: [sink('kept', 0), sink('quarantine', 0)],
    ...changes,
  };
}

function sink(table: string, rows: number): PipelineAnswer['sinks'][number] {
  return { table, connector: 'delta', rows_out: rows, hot_rows: 0, rolled_epoch: 0 };
}

test('rates are what came between two samples', () => {
  const after = pipeline({
    bytes_in: 5000,
    records_rejected: 5,
    sinks: [sink('kept', 50), sink('quarantine', 5), sink('new', 9)],
  });
  const rates = ratesBetween(
    { atMs: 1000, pipelines: [pipeline({})] },
    { atMs: 6000, pipelines: [after, pipeline({ id: 'other' })] },
  );
  const own = rates.get('p');
  expect([own?.bytesRead, own?.rejected, own && rowsOf(own)]).toEqual([1000, 1, 10]);
  expect(own?.rows.has('new')).toBe(false);
  expect(rates.has('other')).toBe(false);
  expect(ratesBetween({ atMs: 1, pipelines: [] }, { atMs: 1, pipelines: [after] }).size).toBe(0);
});

test('a pipeline is as far behind as its slowest source', () => {
  const sources = [
    { name: 'a', connector: 'http', recent },
    { name: 'b', connector: 'http', lag_ms: 5, recent },
    { name: 'c', connector: 'http', lag_ms: 9, recent },
  ];
  expect(lagOf(pipeline({ sources }))).toBe(9);
  expect(lagOf(pipeline({ sources: [] }))).toBeUndefined();
});

test('nodes stand in layers, and edges between their sides', () => {
  const nodes = ['a', 'view', 'x', 'y'].map((id) => ({ id }));
  const edges = [
    { from: 'a', to: 'view' },
    { from: 'view', to: 'x' },
    { from: 'a', to: 'y' },
  ];
  const size = { width: 100, height: 50 };
  const right = layoutGraph({ nodes, edges }, 'right', size);
  const xs = nodes.map(({ id }) => right.nodes.get(id)?.x);
  expect(xs).toEqual([0, 156, 312, 156]);
  expect(right.edges[0]?.path).toMatch(/^M100 /);
  const down = layoutGraph({ nodes, edges }, 'down', size);
  expect(nodes.map(({ id }) => down.nodes.get(id))).toEqual([
    { x: 0, y: 0 },
    { x: 28, y: 64 },
    { x: 56, y: 192 },
    { x: 28, y: 128 },
  ]);
});

test('a cycle is drawn, not followed', () => {
  const nodes = [{ id: 'a' }, { id: 'b' }];
  const edges = [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'a' },
  ];
  expect(layoutGraph({ nodes, edges }, 'right', { width: 1, height: 1 }).nodes.size).toBe(2);
});

test('a graph has its rates, and where the rejected go', () => {
  const rates = {
    bytesRead: 2000,
    rejected: 0.5,
    rows: new Map([
      ['kept', 20],
      ['other', 3],
    ]),
  };
  const checked = {
    nodes: [
      { id: 'events', kind: 'source', label: 'events' },
      { id: 'v', kind: 'view', label: 'v' },
      { id: '__select_1', kind: 'select', label: 'SELECT' },
      { id: 'kept', kind: 'sink', label: 'kept' },
      { id: 'other', kind: 'sink', label: 'other' },
    ],
    edges: [
      { from: 'events', to: 'v' },
      { from: 'v', to: '__select_1' },
      { from: '__select_1', to: 'kept' },
      { from: 'v', to: 'other' },
    ],
  } as const;
  const graph = graphOf(pipeline({ records_rejected: 7 }), checked, rates);
  expect(graph.nodes.map(({ kind, flow }) => [kind, flow])).toEqual([
    ['source', '2.0 kB/s · 0.2 s behind'],
    ['view', ''],
    ['sink', '20/s · 0 hot'],
    ['sink', '3.0/s · 0 hot'],
    ['rejected', '7 · 0.5/s'],
  ]);
  expect(graph.edges.map((edge) => edge.rate)).toEqual([23, 20, 3, 0.5]);
});

test('without its SQL a pipeline has its ends', () => {
  const { edges } = graphOf(pipeline({}), undefined, undefined);
  expect(edges.map(({ from, to }) => [from, to === 'kept'])).toEqual([
    ['events', true],
    ['events', false],
  ]);
});

test('edges thicken with the rate, within bounds', () => {
  const widths = [undefined, 0, 0.1, 10, 1e9].map(edgeWidth);
  expect(widths).toEqual([1, 1, 1.5, 2.8, 8]);
});
