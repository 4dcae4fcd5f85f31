import { fc } from '../../../test/properties.ts';
import { expect, test } from 'vitest';
import type { Part, TableSink } from '../../sink/sink.ts';
import { LiveSink } from './live-sink.ts';
import type { ManifestSink } from './manifest.ts';

const sink: TableSink = {
  kind: 'table',
  tableId: 't',
  location: '/t',
  schema: [],
  copyOptions: '',
  finalBytesMin: undefined,
  txnEpoch: async () => await Promise.resolve(undefined),
  clearStaging: async () => await Promise.resolve(),
  statsOf: () => '{}',
  roll: async () => await Promise.resolve({ kind: 'rolled', fileCount: 0, byteLength: 0 }),
};

const state: ManifestSink = {
  id: 's',
  table: 't',
  tableId: 't',
  sinceEpoch: 0,
  rowsOut: 0,
  parts: [],
  fileBytes: null,
  rolledEpoch: null,
  skip: null,
  start: {},
  newestAtMs: 0,
};

function part(name: string, epochs: readonly [number, number], rowCount: number): Part {
  const [firstEpoch, lastEpoch] = epochs;
  const file = { byteLength: rowCount, statsJson: undefined, newestAtMs: lastEpoch };
  return { name, path: `/${name}`, firstEpoch, lastEpoch, rowCount, ...file };
}

/** What a sink must hold: rows of each epoch, cold or hot, and the files that are there. */
type Model = {
  epoch: number;
  rolled: number;
  rows: number;
  readonly rowsOf: Map<number, number>;
  readonly files: Set<string>;
  readonly pinned: Set<string>;
};

type Step =
  | { readonly kind: 'publish'; readonly rows: number }
  | { readonly kind: 'merge'; readonly from: number; readonly count: number }
  | { readonly kind: 'roll'; readonly isDuringPut: boolean };

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('publish' as const), rows: fc.nat(3) }),
    fc.record({
      kind: fc.constant('merge' as const),
      from: fc.nat(4),
      count: fc.integer({ min: 2, max: 4 }),
    }),
    fc.record({ kind: fc.constant('roll' as const), isDuringPut: fc.boolean() }),
  ),
  { maxLength: 40 },
);

test('publishing, merging and rolling in any order keep each row once', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const live = new LiveSink(sink, state, []);
      const model: Model = {
        epoch: 0,
        rolled: 0,
        rows: 0,
        rowsOf: new Map(),
        files: new Set(),
        pinned: new Set(),
      };
      sequence.forEach((step, index) => apply(live, model, step, sequence[index + 1]));
    }),
    { numRuns: 500 },
  );
});

function apply(live: LiveSink, model: Model, step: Step, next: Step | undefined): void {
  if (step.kind === 'publish')
    publish(live, model, step.rows, next?.kind === 'roll' && next.isDuringPut);
  if (step.kind === 'merge' && live.pendingMerge === undefined) merge(live, model, step);
  if (step.kind === 'roll' && !step.isDuringPut) roll(live, model, model.epoch);
  check(live, model);
}

/** A roll may end between the making of a manifest and its answer. */
function publish(live: LiveSink, model: Model, rows: number, isRolled: boolean): void {
  const before = model.epoch;
  const epoch = before + 1;
  const made = rows === 0 ? undefined : part(`e${epoch}`, [epoch, epoch], rows);
  if (made !== undefined) model.files.add(made.name);
  const pending = live.pendingMerge;
  const row = { part: made, rowCount: rows, fileBytes: undefined };
  const stored = live.next(row);
  if (isRolled) roll(live, model, before);
  model.epoch = epoch;
  model.rows += rows;
  model.rowsOf.set(epoch, rows);
  for (const name of live.publish(row, pending, { epoch, nowMs: epoch })) model.files.delete(name);
  expect(live.publishedEpoch).toBe(epoch);
  // Whatever the manifest names after the txn must be there: recovery reads nothing else.
  const hot = stored.parts.filter((one) => one.lastEpoch > model.rolled);
  for (const one of hot) expect(model.files).toContain(one.name);
  expect(hot.reduce((sum, one) => sum + one.rowCount, 0)).toBe(live.hotRows);
}

function merge(live: LiveSink, model: Model, step: Extract<Step, { kind: 'merge' }>): void {
  const replaced = live.parts.slice(step.from, step.from + step.count);
  const [first, last] = [replaced[0], replaced.at(-1)];
  if (first === undefined || last === undefined || replaced.length < 2) return;
  const rows = replaced.reduce((sum, one) => sum + one.rowCount, 0);
  const name = `${first.name}-to-${last.lastEpoch}`;
  model.files.add(name);
  live.offerMerge({ replaced, merged: part(name, [first.firstEpoch, last.lastEpoch], rows) });
}

function roll(live: LiveSink, model: Model, epoch: number): void {
  if (live.parts.length === 0) return;
  for (const name of live.forget(epoch, epoch)) model.files.delete(name);
  model.rolled = epoch;
}

function check(live: LiveSink, model: Model): void {
  let last = model.rolled;
  for (const one of live.parts) {
    expect(one.firstEpoch).toBeGreaterThan(last);
    expect(one.lastEpoch).toBeGreaterThanOrEqual(one.firstEpoch);
    last = one.lastEpoch;
    expect(model.files).toContain(one.name);
  }
  const hot = [...model.rowsOf].filter(([epoch]) => epoch > model.rolled);
  expect(live.hotRows).toBe(hot.reduce((sum, [, rows]) => sum + rows, 0));
  expect(live.rowsOut).toBe(model.rows);
  const waiting = live.pendingMerge?.merged.name;
  const kept = new Set([
    ...live.parts.map(({ name }) => name),
    ...(waiting === undefined ? [] : [waiting]),
  ]);
  expect(model.files).toEqual(kept);
}

test('a roll that would cut a part in two is a defect', () => {
  const live = new LiveSink(sink, state, [part('e1-to-3', [1, 3], 5)]);
  expect(() => live.forget(2, 0)).toThrow('A part of t lies on both sides of epoch 2.');
});

test('a small part keeps its stats for as long as it is alone, a large one always', () => {
  const live = new LiveSink({ ...sink, finalBytesMin: 10 }, state, []);
  const add = (name: string, epoch: number, byteLength: number): void => {
    const added = { ...part(name, [epoch, epoch], 1), byteLength, statsJson: '{}' };
    const step = { part: added, rowCount: 1, fileBytes: undefined };
    const named = live.next(step).parts.map(({ statsJson }) => statsJson ?? undefined);
    live.publish(step, undefined, { epoch, nowMs: 0 });
    expect(live.parts.map(({ statsJson }) => statsJson)).toEqual(named);
  };
  const haveStats = (): readonly string[] =>
    live.parts.filter(({ statsJson }) => statsJson !== undefined).map(({ name }) => name);
  add('small', 1, 9);
  expect(haveStats()).toEqual(['small']);
  add('large', 2, 10);
  expect(haveStats()).toEqual(['large']);
  add('other', 3, 9);
  expect(haveStats()).toEqual(['large']);
  live.forget(2, 0);
  add('last', 4, 9);
  expect(haveStats()).toEqual([]);
});
