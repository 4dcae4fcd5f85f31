import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { AuditEntry } from '../../access/audit-log.ts';
import { AuditTrail, shownUrl } from './audit-trail.ts';
import { setVisitor } from './visitor.ts';

const token = `hls_0123456789_${'x'.repeat(43)}`;

test.each([
  ['/ingest/events?wait=queryable', '/ingest/events?wait=queryable'],
  [`/ingest/events?token=secret`, '/ingest/events?token=…'],
  [`/ingest/events?wait=queryable&token=secret&token=other`, '?wait=queryable&token=…&token=…'],
  ['/ingest/events?%74oken=secret', '?%74oken=…'],
  ['/ingest/events?TOKEN=secret', '?TOKEN=…'],
  ['/ingest/events?+token=secret', '?+token=…'],
  ['/ingest/events?token=sec#ret', '?token=…'],
  [`/ingest/events&token=${token}`, '/ingest/events&token=…'],
  [`/api/v1/tokens/${token}`, '/api/v1/tokens/hls_0123456789_…'],
  [`/ingest/events?tokens=${token}`, '?tokens=hls_0123456789_…'],
])('%s is shown as %s', (url, shown) => {
  expect(shownUrl(url).endsWith(shown)).toBe(true);
  expect(shownUrl(url)).not.toMatch(/secret|ret$|xxx/);
});

test('strangers that are refused again and again are counted, not told each', () => {
  const entries: AuditEntry[] = [];
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0, sleep: async () => undefined };
  const trail = new AuditTrail({ add: (entry) => entries.push(entry) }, clock);
  const refused = { action: 'GET', status: 401, code: 'not_authenticated' } as const;
  for (let sent = 0; sent < 20_000; sent++) {
    trail.refused(requestFrom(`10.0.${(sent % 1000) >> 8}.${sent % 256}`), refused);
  }
  expect(entries.length).toBeLessThan(300);
  nowMs += 60_000;
  trail.refused(requestFrom('10.0.0.1'), refused);
  const told = entries.reduce((sum, { requests }) => sum + requests, 0);
  expect(told).toBe(20_001);
  expect(entries.length).toBeLessThan(600);
});

test('who is refused in another minute has another line', () => {
  const entries: AuditEntry[] = [];
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0, sleep: async () => undefined };
  const trail = new AuditTrail({ add: (entry) => entries.push(entry) }, clock);
  const refused = { action: 'GET', status: 401, code: 'not_authenticated' } as const;
  for (const atMs of [0, 1, 2, 60_000, 60_001]) {
    nowMs = atMs;
    trail.refused(requestFrom('10.0.0.1'), refused);
  }
  trail.flush();
  expect(entries.map(({ requests }) => requests)).toEqual([1, 2, 1, 1]);
});

function requestFrom(address: string): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.url = '/api/v1/streams';
  setVisitor(request, { id: 'a-1', address, principal: undefined });
  return request;
}
