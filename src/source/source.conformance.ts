import { readFile } from 'node:fs/promises';
import { fc } from '../../test/properties.ts';
import { describe, expect, test } from 'vitest';
import type { Batch, Position } from '../event/record.ts';
import type { Source } from './source.ts';

/** A source of one's own for one test; disposing it cleans up. */
export type OpenedSource = AsyncDisposable & {
  readonly source: Source;
  /** Adds records after the others. Undefined for a source that nothing can be added to. */
  readonly append: ((records: readonly string[]) => Promise<void>) | undefined;
  /** The same records, as another process would open them. */
  readonly reopen: () => Promise<Source>;
};

export type SourceFixture = {
  readonly name: string;
  /** True if reading ends some day. */
  readonly isBounded: boolean;
  /** A source that holds these records; which of its partitions holds which is its own choice. */
  readonly open: (records: readonly string[]) => Promise<OpenedSource>;
};

/** What every source of lines promises (see `source.ts`), as tests. */
export function testSource(fixture: SourceFixture): void {
  describe(`the source ${fixture.name}`, () => {
    test('gives every record once, in batches of any size, each where the last one ended', async () => {
      await fc.assert(
        fc.asyncProperty(someRecords, fc.infiniteStream(someBytesMax), async (records, sizes) => {
          await using opened = await fixture.open(records);
          const read = await readAll(opened.source, () => sizes.next().value);
          expect(read.toSorted()).toEqual(records.toSorted());
        }),
        { numRuns: 25 },
      );
    });

    test('gives the same records again from any position, also to another process', async () => {
      await using opened = await fixture.open(numbered(20));
      const again = await opened.reopen();
      for (const partition of await opened.source.partitions()) {
        const batches = await readPartition(opened.source, { partition, bytesMax: () => 40 });
        const all = batches.flatMap(({ lines }) => lines);
        let before = 0;
        for (const batch of batches) {
          const rest = await readPartition(again, {
            partition,
            after: batch.from,
            to: batches.at(-1)?.to,
            bytesMax: () => 7,
          });
          const expected = all.slice(before);
          const lines = rest.flatMap((one) => one.lines);
          expect(lines.slice(0, expected.length)).toEqual(expected);
          before += batch.lines.length;
        }
      }
    });

    test('ends a batch with the record that reaches the limit', async () => {
      await using opened = await fixture.open(numbered(50));
      for (const partition of await opened.source.partitions()) {
        for (const batch of await readPartition(opened.source, {
          partition,
          bytesMax: () => 100,
        })) {
          const withoutLast = batch.lines.slice(0, -1).reduce((sum, l) => sum + l.length + 1, 0);
          expect(withoutLast).toBeLessThan(100);
          expect(batch.lines.length).toBeGreaterThan(0);
        }
      }
    });

    test('never reads past `until`, and orders its positions', async () => {
      await using opened = await fixture.open(numbered(12));
      const { source } = opened;
      for (const partition of await source.partitions()) {
        const single = await readPartition(source, { partition, bytesMax: () => 1 });
        for (const [index, { to: until }] of single.entries()) {
          const batch = await source.read({
            partition,
            after: undefined,
            until,
            bytesMax: 1e6,
            signal,
          });
          if (batch === undefined) throw new Error('there is something before `until`');
          expect(batch.to).toBe(until);
          expect(await linesOf(batch)).toEqual(
            single.slice(0, index + 1).flatMap(({ lines }) => lines),
          );
          const none = await source.read({ partition, after: until, until, bytesMax: 1e6, signal });
          expect(none).toBeUndefined();
          expect(source.compare(undefined, until)).toBeLessThan(0);
          expect(source.compare(until, single[index - 1]?.to)).toBeGreaterThan(0);
          expect(source.compare(until, until)).toBe(0);
        }
      }
    });

    test('tells each record its own position, whatever the batch', async () => {
      await using opened = await fixture.open(numbered(12));
      for (const partition of await opened.source.partitions()) {
        const one = await recordPositions(opened.source, partition, 1_000_000);
        const many = await recordPositions(opened.source, partition, 10);
        expect(many).toEqual(one);
        expect(new Set(one).size).toBe(one.length);
      }
    });

    test('has no batch at its end, keeps its partitions, and knows that nothing lies behind', async () => {
      await using opened = await fixture.open(numbered(5));
      const { source } = opened;
      const positions = await positionsAtEnd(source);
      const behind = await source.bytesBehind(positions);
      // Not every service tells of bytes.
      if (behind !== undefined) {
        expect(behind).toBe(0);
        expect(await source.bytesBehind(new Map())).toBeGreaterThan(0);
      }
      expect(await source.partitions()).toEqual(await source.partitions());
      for (const [partition, after] of positions) {
        expect(await source.read({ partition, after, bytesMax: 10, signal })).toBeUndefined();
      }
    });

    test(`has ${fixture.isBounded ? '' : 'not '}ended when all is read`, async () => {
      await using opened = await fixture.open(numbered(5));
      expect(await opened.source.hasEnded(new Map())).toBe(false);
      const positions = await positionsAtEnd(opened.source);
      expect(await opened.source.hasEnded(positions)).toBe(fixture.isBounded);
    });

    test('waits for records: not if there are some, until some come, or until it is told to stop', async () => {
      await using opened = await fixture.open(numbered(3));
      const { source, append } = opened;
      await source.waitForRecords(new Map(), signal);
      const aborted = AbortSignal.abort(new Error('stopped'));
      const positions = await positionsAtEnd(source);
      await expect(source.waitForRecords(positions, aborted)).rejects.toThrow('stopped');
      if (append === undefined) return;
      const controller = new AbortController();
      const waiting = source.waitForRecords(positions, controller.signal);
      controller.abort(new Error('stopped later'));
      await expect(waiting).rejects.toThrow('stopped later');
      const woken = source.waitForRecords(positions, signal);
      await append(['{"new":1}']);
      await woken;
      expect(await readAll(source, () => 100, positions)).toEqual(['{"new":1}']);
    });

    test('goes on after what was released', async () => {
      await using opened = await fixture.open(numbered(5));
      const positions = await positionsAtEnd(opened.source);
      await opened.source.release(positions);
      await opened.append?.(['{"late":1}']);
      const read = await readAll(opened.source, () => 100, positions);
      expect(read).toEqual(opened.append ? ['{"late":1}'] : []);
    });
  });
}

const { signal } = new AbortController();

const someRecords = fc.array(
  fc.json({ maxDepth: 2 }).map((text) => text.replaceAll(/[\r\n]/g, ' ')),
  { minLength: 1, maxLength: 30 },
);

const someBytesMax = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 5000 }));

function numbered(count: number): string[] {
  return Array.from(
    { length: count },
    (_, number) => `{"n":${number},"x":"${'é'.repeat(number)}"}`,
  );
}

type ReadBatch = { from: Position | undefined; to: Position; lines: string[] };

type PartitionRead = {
  readonly partition: string;
  readonly after?: Position | undefined;
  /** Waited for, where more may be there than was told of yet. */
  readonly to?: Position | undefined;
  readonly bytesMax: () => number;
};

/** All batches from a position to the end, checked to chain. */
async function readPartition(source: Source, read: PartitionRead): Promise<ReadBatch[]> {
  const { partition } = read;
  const batches: ReadBatch[] = [];
  let after = read.after;
  for (;;) {
    const batch = await source.read({ partition, after, bytesMax: read.bytesMax(), signal });
    if (batch === undefined) {
      if (read.to === undefined || source.compare(after, read.to) >= 0) return batches;
      // There is more, of which a busy broker has not told yet.
      const reached = new Map(after === undefined ? [] : [[partition, after]]);
      await source.waitForRecords(reached, AbortSignal.timeout(10_000));
      continue;
    }
    expect(batch.partition).toBe(partition);
    expect(batch.from).toBe(after);
    expect(batch.to).not.toBe(after);
    expect(batch.arrivedAtMs).toBeGreaterThan(0);
    batches.push({ from: after, to: batch.to, lines: await linesOf(batch) });
    after = batch.to;
  }
}

async function linesOf(batch: Batch): Promise<string[]> {
  if (batch.content.kind !== 'lines') throw new Error('this suite is for sources of lines');
  const bytes = await readFile(batch.content.path);
  expect(bytes.byteLength).toBe(batch.content.byteLength);
  await batch.release();
  const lines = bytes.toString().split('\n');
  // The last record of a file may lack its newline.
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

async function readAll(
  source: Source,
  bytesMax: () => number,
  positions?: ReadonlyMap<string, Position>,
): Promise<string[]> {
  const lines: string[] = [];
  for (const partition of await source.partitions()) {
    const after = positions?.get(partition);
    const batches = await readPartition(source, { partition, after, bytesMax });
    lines.push(...batches.flatMap((batch) => batch.lines));
  }
  return lines;
}

async function positionsAtEnd(source: Source): Promise<Map<string, Position>> {
  const positions = new Map<string, Position>();
  for (const partition of await source.partitions()) {
    const last = (await readPartition(source, { partition, bytesMax: () => 1_000_000 })).at(-1);
    if (last) positions.set(partition, last.to);
  }
  return positions;
}

async function recordPositions(
  source: Source,
  partition: string,
  bytesMax: number,
): Promise<string[]> {
  const positions: string[] = [];
  for (let after: Position | undefined; ;) {
    const batch = await source.read({ partition, after, bytesMax, signal });
    if (batch === undefined) return positions;
    let byteOffset = 0;
    for (const text of await linesOf(batch)) {
      positions.push(batch.positionAt(byteOffset));
      byteOffset += Buffer.byteLength(text) + 1;
    }
    after = batch.to;
  }
}
