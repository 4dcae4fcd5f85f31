import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PreviewEvent, PreviewOptions } from './pipeline.ts';
import { PipelineFixture } from './testing/fixture.ts';

const source = `CREATE TABLE events (id BIGINT NOT NULL)
  WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');`;

const options: PreviewOptions = {
  rowsMax: 3,
  timeoutMs: 5000,
  input: 'history',
  signal: new AbortController().signal,
};

async function eventsOf(
  helios: PipelineFixture,
  sql: string,
  changed: Partial<PreviewOptions> = {},
): Promise<readonly PreviewEvent[]> {
  const events: PreviewEvent[] = [];
  for await (const event of helios.supervisor.preview(sql, { ...options, ...changed }))
    events.push(event);
  return events;
}

test('a preview gives rows and rejected records of the past, and holds nothing', async () => {
  await using helios = await PipelineFixture.open();
  await helios.log.ensureStream('events');
  await helios.send('events', [
    '{"id":1}',
    '{"id":"x"}',
    '{"id":0}',
    '{"id":9007199254740993}',
    '{"id":4}',
  ]);
  const events = await eventsOf(
    helios,
    `${source} SELECT id, 10 // (id - 1) AS q, NULL AS n FROM events WHERE id <> 1`,
  );
  expect(events[0]).toEqual({
    kind: 'columns',
    sink: 'result',
    columns: [
      { name: 'id', type: 'BIGINT' },
      { name: 'q', type: 'BIGINT' },
      { name: 'n', type: 'INTEGER' },
    ],
  });
  expect(events[1]).toMatchObject({ kind: 'rejected', code: 'type_mismatch', raw: '{"id":"x"}' });
  const rows = events.flatMap((event) => (event.kind === 'rows' ? event.rows : []));
  expect(rows.map(([id]) => String(id))).toEqual(['0', '9007199254740993', '4']);
  expect(events.at(-1)).toEqual({
    kind: 'end',
    rowCount: 3,
    rejectedCount: 1,
    reason: 'row_limit',
  });
  expect(helios.supervisor.list()).toEqual([]);
});

test('a live preview ends in time, and errors come before the first event', async () => {
  await using helios = await PipelineFixture.open();
  await helios.log.ensureStream('events');
  await helios.send('events', ['{"id":1}']);
  const live = await eventsOf(helios, `${source} SELECT id FROM events`, {
    input: 'live',
    timeoutMs: 200,
  });
  expect(live.at(-1)).toEqual({ kind: 'end', rowCount: 0, rejectedCount: 0, reason: 'timeout' });
  await expect(eventsOf(helios, `${source} SELECT nope FROM events`)).rejects.toMatchObject({
    code: 'invalid_sql',
  });
});

test('a preview gives windows, those that are open at the end too', async () => {
  await using helios = await PipelineFixture.open();
  const times = ['00:01', '00:59', '01:30'].map((time) => `{"t":"2024-05-01T10:${time}Z"}\n`);
  await writeFile(join(helios.directory, 'clicks.json'), times.join(''));
  const events = await eventsOf(
    helios,
    `CREATE TABLE clicks (t TIMESTAMP NOT NULL, WATERMARK FOR t AS (t)) WITH (type = 'source',
      connector = 'single_file', path = 'clicks.json', format = 'json');
    SELECT count(*) AS n FROM clicks GROUP BY tumble(INTERVAL '1 minute')`,
  );
  const rows = events.flatMap((event) => (event.kind === 'rows' ? event.rows : []));
  expect(rows.map(([n]) => Number(n))).toEqual([2, 1]);
  expect(events.at(-1)).toMatchObject({ rowCount: 2, reason: 'sources_ended' });
});
