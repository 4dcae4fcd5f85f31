import { expect, test } from 'vitest';
import { PipelineFixture } from '../../pipeline/testing/fixture.ts';
import { script } from '../../pipeline/testing/scripts.ts';
import { json, TestServer } from '../testing/test-server.ts';

const sql = script('SELECT id FROM events');

/** A server over a pipeline that has rejected two of three records. */
async function withRejected(): Promise<AsyncDisposable & { readonly server: TestServer }> {
  const helios = await PipelineFixture.open();
  await helios.log.ensureStream('events');
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await helios.sendAndWait('events', ['{"id":1}', '{"v":"<b>"}', '{"id":"x"}']);
  const server = await TestServer.start({ replays: helios.supervisor.replays });
  return {
    server,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await helios[Symbol.asyncDispose]();
    },
  };
}

const path = '/api/v1/quarantine';

test('rejected records are counted, tried and replayed over HTTP', async () => {
  await using rejected = await withRejected();
  const { server } = rejected;
  const ask = async (method: string, route: string, body?: unknown): Promise<unknown> => {
    const answer = await server.json(method, `${path}${route}`, body);
    return { status: answer.status, body: json(answer) };
  };
  const counts = { pipeline: 'p', source: 'events', open: 2, failed_again: 0, replayed: 0 };
  expect(await ask('GET', '')).toEqual({ status: 200, body: { counts: [counts] } });
  const lenient = sql.replace('id BIGINT NOT NULL', 'id BIGINT');
  expect(await ask('POST', '/trial', { pipeline: 'p', sql: lenient })).toMatchObject({
    status: 200,
    body: {
      ...{ pipeline: 'p', selected: 2, tried: 2, passing: 1, failing: 1, replayed: 0, refused: [] },
      reasons: [{ code: 'type_mismatch', column: 'id', records: 1 }],
    },
  });
  const asked = { pipeline: 'p', code: 'missing_field', key: 'k', from: '2026-01-01T00:00:00Z' };
  const accepted = json(await server.json('POST', `${path}/replay`, asked)) as { id: string };
  expect(accepted).toMatchObject({ key: 'k', filter: { pipeline: 'p', code: 'missing_field' } });
  const { id } = accepted;
  expect(await ask('POST', '/replay', asked)).toMatchObject({ status: 202, body: { id } });
  expect(await ask('GET', `/replays/${id}`)).toMatchObject({ status: 200, body: { id } });
  expect(await ask('GET', '/replays?pipeline=P')).toMatchObject({ body: { replays: [{ id }] } });
  expect(await ask('POST', '/replay', { ...asked, code: 'inexact' })).toMatchObject({
    status: 422,
    body: { error: { code: 'idempotency_mismatch' } },
  });
});

const place = { source: 'events', partition: '0', position: '9' };
const hostile: readonly (readonly [path: string, body: unknown, status: number])[] = [
  ['trial', {}, 400],
  ['trial', { pipeline: 'nobody' }, 404],
  ['trial', { pipeline: 'p', from: 'yesterday' }, 400],
  ['trial', { pipeline: 'p', until: '2026-01-01T00:00:00' }, 400],
  ['trial', { pipeline: 'p', source: 'x'.repeat(2000) }, 400],
  ['trial', { pipeline: 'p', source: "'; DROP TABLE x; --" }, 200],
  ['trial', { pipeline: 'p', column: '\u0000' }, 200],
  ['trial', { pipeline: 'p', code: '\ud800' }, 200],
  ['trial', { pipeline: 'p', sql: 'DROP TABLE x' }, 400],
  ['trial', { pipeline: 'p', records: [{ ...place, partition: '\u0000' }] }, 200],
  ['trial', { pipeline: 'p', records: Array.from({ length: 1001 }, () => place) }, 400],
  ['trial', { pipeline: 'p', records: [{ ...place, more: 1 }] }, 400],
  ['replay', { pipeline: 'p', sql: 'SELECT 1' }, 400],
  ['replay', { pipeline: 'p', key: '' }, 400],
  ['replay', { pipeline: 'p', key: 'k\n' }, 400],
  ['replay', { pipeline: 'p', key: 'ä' }, 400],
  ['replay', { pipeline: 'nobody', key: 'k' }, 404],
  [
    'replay',
    {
      pipeline: 'p',
      records: Array.from({ length: 1000 }, () => ({ ...place, position: '9'.repeat(1000) })),
    },
    413,
  ],
];

test('what can not be is refused, and harms nothing', async () => {
  await using rejected = await withRejected();
  const { server } = rejected;
  for (const [route, body, status] of hostile) {
    const answer = await server.json('POST', `${path}/${route}`, body);
    expect([route, JSON.stringify(body).slice(0, 80), answer.status]).toEqual([
      route,
      JSON.stringify(body).slice(0, 80),
      status,
    ]);
  }
  expect((await server.json('GET', `${path}/replays/no%00such`)).status).toBe(404);
  expect((await server.json('GET', `${path}?pipeline='%00`)).status).toBe(200);
  expect(json(await server.json('GET', `${path}/replays`))).toEqual({ replays: [] });
});
