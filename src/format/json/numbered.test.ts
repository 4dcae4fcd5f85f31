import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDecoder } from '../create-decoder.ts';
import { tableOf, Trial } from '../trial.conformance.ts';

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.open();
});

afterAll(async () => {
  await trial[Symbol.asyncDispose]();
});

/** A table that is read by columns, and one that is read by lines. */
test.each([[undefined], [1000]])('files of several partitions keep theirs, %s', async (lineMax) => {
  const table = tableOf({ id: 'BIGINT', name: 'VARCHAR' }, { lineBytesMax: lineMax });
  const decoder = createDecoder(table);
  const texts = ['{"id":1}\n{"id":2,"name":"x"}\n', '{"id":3}\n', '\n', '{"id":4}\n{"id":5}'];
  const paths: string[] = [];
  for (const text of texts) paths.push((await trial.batch(text)).content.path);
  const select = decoder.numbered?.(paths) ?? '';
  const found = await trial.connection.rows(`SELECT id, __file FROM (${select})`);
  expect(found.map((row) => Object.values(row).join(' '))).toEqual([
    '1 0',
    '2 0',
    '3 1',
    '4 3',
    '5 3',
  ]);
  const bad = (await trial.batch('{"id":"none"}\n')).content.path;
  const failing = decoder.numbered?.([...paths, bad]) ?? '';
  await expect(trial.connection.rows(failing)).rejects.toThrow('helios:bad_record');
  await expect(trial.connection.rows(`SELECT __file FROM (${failing})`)).rejects.toThrow('bad_rec');
});

test('a column of the name that the reader has for it leaves it unsaid', () => {
  const decoder = createDecoder(tableOf({ File_Index: 'BIGINT' }));
  expect(decoder.numbered?.(['x'])).toBeUndefined();
});
