import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import type { Connection } from '../../src/engine/engine.ts';
import { PipelineFixture } from '../../src/pipeline/testing/fixture.ts';
import { LookupReader } from '../../src/query/lookup/lookup-reader.ts';
import { differenceTo } from './compare-rows.ts';
import {
  openOracle,
  readCases,
  scriptOfAll,
  sinkOfCase,
  suiteFolder,
  wholeScript,
} from './suite.ts';

// What a script gives, read in small bites that are an epoch each, is what DuckDB gives of the same
// files in one query, written from what the script shall mean. All cases of a file are one pipeline.

/** Bytes: two epochs for the larger file, and one for its end. */
const batchBytesMax = 17_000;

let helios: PipelineFixture;
let folder: string;
let oracle: Connection;

const files = [...readCases('cases')];

beforeAll(async () => {
  helios = await PipelineFixture.open(undefined, {
    batchBytesMax: () => batchBytesMax,
    lookups: (tables, temporaryDirectory) =>
      new LookupReader({ tables, clock: systemClock, temporaryDirectory }),
  });
  folder = await mkdtemp(join(tmpdir(), 'helios-streaming-'));
  oracle = await helios.engine.connect();
  await openOracle(oracle);
});

afterAll(async () => {
  oracle.close();
  await helios[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test('the suite is as large as it shall be', () => {
  const cases = files.flatMap(([, ofFile]) => ofFile.map(({ name }) => name));
  expect(new Set(cases).size).toBe(cases.length);
  expect(cases.length).toBeGreaterThanOrEqual(150);
});

describe.each(files)('%s', (file, cases) => {
  beforeAll(async () => {
    const sql = wholeScript(scriptOfAll(cases), join(folder, file));
    const { supervisor } = helios;
    await supervisor.create({ name: file, sql, isAdopting: false, baseDirectory: suiteFolder });
    const { state, error } = await supervisor.whenDone(file, new AbortController().signal);
    if (state !== 'finished') throw new Error(`${file} ${state}: ${error?.message}`);
  });

  test.each(cases.map((one, index) => ({ ...one, index })))('$name', async ({ equals, index }) => {
    expect(equals.size).toBeGreaterThan(0);
    for (const [sink, query] of equals) {
      const path = join(folder, file, `${sinkOfCase(sink, index)}.json`);
      expect(await differenceTo(path, query, oracle)).toBeUndefined();
    }
  });
});
