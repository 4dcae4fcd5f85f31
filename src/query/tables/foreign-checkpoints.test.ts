import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { inlineDescriptor } from '../../delta/deletion/vector-fixture.ts';
import { quoteText } from '../../engine/types.ts';
import { ForeignTableFixture } from '../fixture/foreign-table.ts';
import { TablesFixture } from '../fixture/tables-fixture.ts';

let fixture: TablesFixture;
let table: ForeignTableFixture;
let count = 0;
beforeAll(async () => {
  fixture = await TablesFixture.open();
});
beforeEach(() => {
  count += 1;
  const path = join(fixture.pipelines.directory, 'foreign', `t${count}`);
  table = new ForeignTableFixture(path, fixture.pipelines.engine);
  fixture.pipelines.catalog.addTable({ name: `t${count}`, path, kind: 'attached' });
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

type FileAction = { readonly add: { readonly path: string } & object };

const columns = [['id', 'long']] as const;
const protocol = {
  protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: [], writerFeatures: [] },
};

/** How many rows there are, and which. */
async function ids(): Promise<unknown> {
  return await fixture.rows(`SELECT count(*), min(id), max(id) FROM t${count}`);
}

/** Ten rows. */
async function tenFrom(id: number, facts: object = {}): Promise<FileAction> {
  return await table.file(`SELECT range AS id FROM range(${id}, ${id + 10})`, facts);
}

function inLog(version: number, ending: string): string {
  return `_delta_log/${String(version).padStart(20, '0')}.${ending}`;
}

async function putParquet(path: string, actions: readonly object[]): Promise<void> {
  const lines = `${path}.ndjson`;
  await table.put(lines, actions.map((action) => JSON.stringify(action)).join('\n'));
  await using connection = await fixture.pipelines.engine.connect();
  await connection.execute(
    `COPY (FROM read_json(${quoteText(join(table.path, lines))}, map_inference_threshold = -1,
       field_appearance_threshold = 0))
     TO ${quoteText(join(table.path, path))} (FORMAT parquet)`,
  );
  await unlink(join(table.path, lines));
}

async function forget(...versions: readonly number[]): Promise<void> {
  for (const version of versions) await unlink(join(table.path, inLog(version, 'json')));
}

test.each(['json', 'parquet'])('a V2 checkpoint as %s names its sidecars', async (form) => {
  await table.create(columns, { features: ['v2Checkpoint', 'deletionVectors'] });
  const whole = await tenFrom(0);
  const cut = await tenFrom(10, { deletionVector: inlineDescriptor([0, 1]) });
  await table.commit([whole, cut]);
  const lines = [
    { checkpointMetadata: { version: 1 } },
    protocol,
    ForeignTableFixture.metadata(columns),
    { sidecar: { path: 'one.parquet', sizeInBytes: 1, modificationTime: 1 } },
  ];
  await putParquet('_delta_log/_sidecars/one.parquet', [whole, cut]);
  const top = inLog(1, 'checkpoint.3a0d65cd-4056-49b8-937b-95f9e3ee90e5');
  if (form === 'json')
    await table.put(`${top}.json`, lines.map((one) => JSON.stringify(one)).join('\n'));
  else await putParquet(`${top}.parquet`, lines);
  await forget(0, 1);
  expect(await ids()).toEqual([['18', '0', '19']]);
});

/**
 * Versions 1 to 5 add ten rows each, 4 takes away what 1 added. There is a checkpoint of 2, and one
 * of 4 in three parts.
 */
async function makeLog(): Promise<void> {
  await table.create(columns);
  const files: FileAction[] = [];
  for (let version = 1; version <= 5; version++) {
    const file = await tenFrom(version * 10);
    files.push(file);
    const removed = files[0]?.add;
    await table.commit(version === 4 ? [file, { remove: removed }] : [file]);
  }
  const [one, two, three, four] = files;
  const head = [protocol, ForeignTableFixture.metadata(columns)];
  await putParquet(inLog(2, 'checkpoint.parquet'), [...head, one!, two!]);
  for (const [index, actions] of [head, [two!, three!], [four!]].entries()) {
    await putParquet(inLog(4, partEnding(index + 1)), actions);
  }
}

function partEnding(part: number): string {
  return `checkpoint.000000000${part}.0000000003.parquet`;
}

const allRows = [['40', '20', '59']];

describe('a checkpoint in parts', () => {
  test('is the whole state, without the commits before it', async () => {
    await makeLog();
    await forget(0, 1, 2, 3, 4);
    expect(await ids()).toEqual(allRows);
  });

  test('of which one is missing is none: the one before it is taken', async () => {
    await makeLog();
    await table.put('_delta_log/_last_checkpoint', '{"version":4,"size":6,"parts":3}');
    await unlink(join(table.path, inLog(4, partEnding(2))));
    await forget(0, 1, 2);
    expect(await ids()).toEqual(allRows);
  });
});

test.each([
  ['a version that there is not yet', '{"version":99,"size":3}'],
  ['a version without a checkpoint', '{"version":3,"size":3}'],
  ['the last commit', '{"version":5,"size":3}'],
  ['an older checkpoint', '{"version":2,"size":3}'],
  ['another number of parts', '{"version":4,"size":3,"parts":7}'],
  ['a negative version', '{"version":-1}'],
  ['a version as text', '{"version":"4"}'],
  ['nothing', ''],
  ['half of itself', '{"vers'],
  ['bytes that are no text', '\u0000\uFFFD\u0001'],
])('_last_checkpoint that names %s changes no answer', async (_, hint) => {
  await makeLog();
  await forget(0, 1, 2, 3);
  await table.put('_delta_log/_last_checkpoint', hint);
  expect(await ids()).toEqual(allRows);
});
