import { FakeApi } from '../../src/cli/testing/fixture.ts';

/** What answers at the address of a stack where a test is not about Helios itself. */
export async function answeringHelios(): Promise<FakeApi> {
  const api = await FakeApi.start();
  const link = { url: `${api.url}/login#t=code`, expires_at: '2026-01-01T00:10:00Z' };
  Object.assign(api.routes, {
    'GET /healthz': { body: { status: 'ready', version: '0.1.0', uptime_ms: 1 } },
    'GET /api/v1/pipelines': { body: { pipelines: [] } },
    'GET /api/v1/tables': { body: { tables: [] } },
    'POST /api/v1/pipelines': { status: 201, body: {} },
    'POST /ingest/hello?wait=queryable': { body: 'ok' },
    'POST /api/v1/query': { body: { rows: [['id', 'Hello']] } },
    'POST /api/v1/login-links': { status: 201, body: link },
  });
  return api;
}
