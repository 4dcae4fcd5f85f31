import { expect, test } from 'vitest';
import { FakeApi, runToEnd } from '../testing/fixture.ts';

const replay = {
  id: 'r1',
  pipeline: 'shop',
  state: 'done',
  requested_at: '2026-01-01T00:00:00.000Z',
  filter: { pipeline: 'shop' },
  selected: 14,
  replayed: 12,
  failed: 2,
  refused: [{ source: 'raw', reason: 'source_gone', records: 3, message: 'No raw any more.' }],
};

test('a replay is asked for, and waited for', async () => {
  await using api = await FakeApi.start();
  api.routes['POST /api/v1/quarantine/replay'] = {
    status: 202,
    body: { ...replay, state: 'running', replayed: 0, failed: 0 },
  };
  api.routes['GET /api/v1/quarantine/replays/r1'] = { body: replay };
  const words = ['quarantine', 'replay', 'shop', '--code', 'type_mismatch', '--key', 'k'];
  const run = await runToEnd([...words, '--url', api.url], {});
  expect(run).toMatchObject({
    exitCode: 0,
    stdout: 'Replayed 12 of 14 records; 2 failed again.\nNo raw any more.\n',
  });
  expect(api.seen[0]?.body).toEqual({ pipeline: 'shop', code: 'type_mismatch', key: 'k' });
});

test('a trial says how many would pass, and why the others fail', async () => {
  await using api = await FakeApi.start();
  const place = { source: 'events', partition: '0', position: '9' };
  const examples = [{ ...place, message: 'Column "id": no.', text: '{}', bytes: 2 }];
  api.routes['POST /api/v1/quarantine/trial'] = {
    body: {
      ...{ pipeline: 'shop', selected: 20, tried: 14, passing: 12, failing: 2, replayed: 5 },
      reasons: [{ source: 'events', code: 'type_mismatch', records: 2, examples }],
      refused: [],
    },
  };
  const run = await runToEnd(['quarantine', 'try', 'shop', '--url', api.url], {});
  expect(run.stdout).toContain('12 of 14 records would pass (the oldest of 20).\n5 did before.\n');
  expect(run.stdout).toContain('Column "id": no.');
});

test('the counts of a pipeline', async () => {
  await using api = await FakeApi.start();
  const counts = [{ pipeline: 'shop', source: 'raw', open: 1, failed_again: 2, replayed: 3_000 }];
  api.routes['GET /api/v1/quarantine'] = { body: { counts } };
  api.routes['GET /api/v1/quarantine?pipeline=shop'] = { body: { counts } };
  const run = await runToEnd(['quarantine', 'list', 'shop', '--url', api.url], {});
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toMatch(/shop.*raw.*1.*2.*3,000/);
});
