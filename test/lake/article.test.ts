import { describe, expect, test } from 'vitest';
import { DeltaPeers } from '../peers/delta-peers.ts';
import { kafkaParts } from '../peers/kafka.ts';
import { notebookPython } from '../peers/notebook-python.ts';
import { runNotebook } from './run-notebook.ts';
import { ArticleLake, countAndSum, numbersOf } from './article-lake.ts';

const [kafka, python] = [await kafkaParts(), await notebookPython()];

describe.skipIf(kafka === undefined || python === undefined)('the LOAD article', () => {
  test('its pipeline, by its own text, from a producer to a table on S3 that others read', async () => {
    await using lake = await ArticleLake.start(kafka!);
    await lake.createPipeline();
    await lake.send(900);
    const all = await lake.ask(`SELECT count(*) AS n FROM t `);
    expect(all).toEqual([{ n: 300 }]);
    const hot = await lake.ask(countAndSum);
    expect(hot).toEqual([{ n: 150, versions: 1350, letters: 1020 }]);
    const version = await lake.roll();
    expect(await lake.ask(countAndSum)).toEqual(hot);

    await using peers = new DeltaPeers(python!, lake.environment);
    for (const reader of ['delta-rs', 'duckdb'] as const) {
      const rows = await peers.query(reader, lake.tableUrl, countAndSum);
      expect(numbersOf(rows), reader).toEqual(hot);
    }
    expect((await peers.facts(lake.tableUrl, '')).version).toBe(version);

    const shown = await runNotebook(python!, await lake.notebook(countAndSum), lake.environment);
    for (const cell of ['frame', 'files']) expect(shown[cell]).toMatch(/150 +1350(\.0)? +1020/);
  }, 240_000);
});
