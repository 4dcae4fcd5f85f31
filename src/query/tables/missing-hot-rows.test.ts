import { expect, test } from 'vitest';
import { TablesFixture } from '../fixture/tables-fixture.ts';

test('an answer names the pipelines whose hot rows are missing from it', async () => {
  await using helios = await TablesFixture.open();
  await helios.createPipeline();
  const { pipelines } = helios;
  await pipelines.sendAndWait('events', ['{"id":1,"v":"a"}', '{"v":"no id"}']);
  const missing = async (table: string): Promise<unknown> => {
    const answer = await helios.queries.run({
      sql: `SELECT count(*) FROM ${table}`,
      format: 'json',
      maxRows: undefined,
      timeoutMs: 20_000,
      signal: new AbortController().signal,
    });
    // Read to its end, so that its process is free again.
    const bytes = await Array.fromAsync(answer.body);
    expect(bytes.length).toBeGreaterThan(0);
    return answer.saw[0]?.hot_rows_missing_of;
  };
  expect(await missing('sunk')).toBeUndefined();
  pipelines.registry.unread.note(pipelines.catalog.pipeline('p'), ['Sunk']);
  expect(await missing('sunk')).toEqual(['p']);
  expect(await missing('quarantine')).toBeUndefined();
});
