import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PipelineFixture } from '../testing/fixture.ts';

const source = `CREATE TABLE events (t TIMESTAMP NOT NULL, k TEXT, v TEXT, WATERMARK FOR t)
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');`;

function counting(from: string): string {
  return `${from}
    CREATE VIEW numbered AS SELECT t, k, v::BIGINT AS v FROM events;
    CREATE TABLE sunk WITH (connector = 'delta', path = 'tables/sunk', type = 'sink');
    INSERT INTO sunk SELECT w.start AS start, k, n, total FROM (
      SELECT tumble(INTERVAL '1 minute') AS w, k, count(*) AS n, sum(v) AS total
      FROM numbered GROUP BY 1, 2);`;
}

function line(seconds: number, k: string, v = '1'): string {
  return JSON.stringify({ t: new Date(seconds * 1000).toISOString(), k, v });
}

async function windows(helios: PipelineFixture): Promise<readonly string[]> {
  const rows = await helios.rows('sunk', 'epoch(start)::BIGINT AS s, k, n, total');
  return rows
    .map(
      (row) =>
        `${String(row['s'])} ${String(row['k'])}:${String(row['n'])}:${String(row['total'])}`,
    )
    .toSorted();
}

test('windows are given once, over restarts and a record that the SQL fails on', async () => {
  let helios = await PipelineFixture.open();
  try {
    await helios.supervisor.create({ name: 'p', sql: counting(source), isAdopting: false });
    await helios.sendAndWait('events', [line(1, 'a'), line(59, 'b', 'x'), line(2, 'a', '5')]);
    helios = await helios.reopened();
    await helios.sendAndWait('events', [line(59, 'b'), line(61, 'a')]);
    expect(await windows(helios)).toEqual(['0 a:2:6', '0 b:1:1']);
    helios = await helios.reopened();
    await helios.sendAndWait('events', [line(3, 'late'), line(125, 'c')]);
    expect(await windows(helios)).toEqual(['0 a:2:6', '0 b:1:1', '60 a:1:1']);
    const rejected = await helios.rows('quarantine');
    expect(rejected.map(({ code }) => code)).toEqual(['sql_error']);
  } finally {
    await helios[Symbol.asyncDispose]();
  }
});

test('when files end, all windows are given, and the pipeline finishes', async () => {
  await using helios = await PipelineFixture.open();
  const lines = [line(-1, 'a'), line(200, 'a'), line(30, 'b')];
  await writeFile(join(helios.directory, 'events.json'), `${lines.join('\n')}\n`);
  const from = source.replace(
    "connector = 'http', format = 'json', type = 'source', stream = 'events'",
    "connector = 'single_file', path = 'events.json', format = 'json', type = 'source'",
  );
  await helios.supervisor.create({ name: 'p', sql: counting(from), isAdopting: false });
  const info = await helios.supervisor.whenDone('p', AbortSignal.timeout(10_000));
  expect(info).toMatchObject({ state: 'finished', error: undefined });
  expect(await windows(helios)).toEqual(['-60 a:1:1', '0 b:1:1', '180 a:1:1']);
});

test('an edit that has no use for open windows is refused, unless they are given up', async () => {
  await using helios = await PipelineFixture.open();
  const sql = counting(source);
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await helios.sendAndWait('events', [line(1, 'a')]);
  const wider = sql.replace('1 minute', '2 minutes');
  await expect(helios.supervisor.edit('p', wider, { isDiscarding: false })).rejects.toMatchObject({
    code: 'conflict',
  });
  // What is made of a window's rows may change.
  await helios.supervisor.edit('p', `${sql} -- edited`, { isDiscarding: false });
  await helios.sendAndWait('events', [line(65, 'a')]);
  expect(await windows(helios)).toEqual(['0 a:1:1']);
  await helios.supervisor.edit('p', wider, { isDiscarding: true });
  await helios.sendAndWait('events', [line(70, 'b'), line(240, 'b')]);
  expect(await windows(helios)).toEqual(['0 b:1:1']);
});
