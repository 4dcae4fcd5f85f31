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

const minutes = `CREATE TABLE events (t TIMESTAMP, k TEXT, WATERMARK FOR t AS (t))
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');
  SELECT tumble(INTERVAL '1 minute').start AS m, count(*) AS n FROM events
    GROUP BY tumble(INTERVAL '1 minute')`;

function at(time: string): string {
  return JSON.stringify({ t: `2024-05-01T10:${time}Z`, k: time.slice(0, 2) });
}

test('a preview of a range gives what is in it, open windows and groups too', async () => {
  await using helios = await PipelineFixture.open();
  await helios.log.ensureStream('events');
  const from = await helios.send('events', [at('00:10'), at('00:20')]);
  await helios.send('events', [at('00:30'), at('01:10'), at('01:20')]);
  const range = { from: { positions: Object.fromEntries(from) }, until: 'latest' } as const;
  const windows = await eventsOf(helios, minutes, range);
  expect(rowsOf(windows)).toEqual(['2024-05-01T10:00:00Z 1', '2024-05-01T10:01:00Z 2']);
  expect(windows.at(-1)).toMatchObject({ reason: 'sources_ended', rowCount: 2 });
  const [table] = minutes.split(';');
  const groups = await eventsOf(
    helios,
    `${table}; SELECT k, count(*) AS n FROM events GROUP BY k`,
    {
      ...range,
      from: 'earliest',
    },
  );
  const changes = groups.flatMap((event) => (event.kind === 'rows' ? event.rows : []));
  expect(changes.map(([, after, op]) => [after, op])).toEqual(
    expect.arrayContaining([
      [{ k: '00', n: '3' }, 'c'],
      [{ k: '01', n: '2' }, 'c'],
    ]),
  );
});

test('rows of a live preview come as their windows end, until nobody wants them', async () => {
  await using helios = await PipelineFixture.open();
  await helios.log.ensureStream('events');
  await helios.send('events', [at('00:10')]);
  const wanting = new AbortController();
  const { signal } = wanting;
  const live = { ...options, input: 'live', signal, timeoutMs: 60_000 } as const;
  const rows: string[] = [];
  for await (const event of helios.supervisor.preview(minutes, live)) {
    if (event.kind === 'columns') await helios.send('events', [at('01:10'), at('02:20')]);
    if (event.kind !== 'rows') continue;
    rows.push(...rowsOf([event]));
    wanting.abort();
  }
  expect(rows).toEqual(['2024-05-01T10:01:00Z 1']);
});

test('a range that ends in the future is refused', async () => {
  await using helios = await PipelineFixture.open();
  await helios.log.ensureStream('events');
  const until = { atMs: Date.now() + 3_600_000 };
  await expect(eventsOf(helios, minutes, { until })).rejects.toMatchObject({
    code: 'invalid_request',
  });
});

function rowsOf(events: readonly PreviewEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'rows' ? event.rows.map((row) => row.map(String).join(' ')) : [],
  );
}

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
