import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Need } from '../../src/access/scope.ts';
import { needOf, routeNeeds } from '../../src/server/access/route-needs.ts';
import { GuardedHelios } from './guarded-helios.ts';

let guarded: GuardedHelios;
const tokens = new Map<string, string | undefined>([['nobody', undefined]]);

beforeAll(async () => {
  guarded = await GuardedHelios.start();
  const scopes = ['admin', 'console', 'read-only', 'query:orders', 'ingest:events'];
  for (const scope of scopes) {
    const [kind = ''] = scope.split(':');
    tokens.set(kind, await guarded.newToken(kind, [scope]));
  }
});

afterAll(async () => await guarded[Symbol.asyncDispose]());

/** Who gets in where, by what a route needs. */
const expected: Readonly<Record<Need, readonly string[]>> = {
  public: ['nobody', 'admin', 'console', 'read-only', 'query', 'ingest'],
  known: ['admin', 'console', 'read-only', 'query', 'ingest'],
  query: ['admin', 'console', 'read-only', 'query'],
  read: ['admin', 'console', 'read-only'],
  save: ['admin', 'console'],
  admin: ['admin'],
};

test('each route that the API describes says what it needs, and no other does', async () => {
  const described = await describedRoutes();
  const hidden = ['GET /api/v1/openapi.json'];
  expect(Object.keys(routeNeeds).toSorted()).toEqual([...described, ...hidden].toSorted());
});

test('what changes something is for admins, but for what is named here', () => {
  const changing = Object.entries(routeNeeds).filter(([route]) => !route.startsWith('GET '));
  const others = changing.filter(([, need]) => need !== 'admin');
  const library = ['queries', 'dashboards'].flatMap((kind) =>
    ['PUT', 'PATCH', 'DELETE'].map((method) => [`${method} /api/v1/library/${kind}/:path`, 'save']),
  );
  expect(Object.fromEntries(others)).toEqual({
    ...Object.fromEntries(library),
    'POST /api/v1/library/import': 'save',
    'POST /api/v1/session': 'public',
    'DELETE /api/v1/session': 'public',
    'POST /api/v1/login-links': 'query',
    'POST /api/v1/query': 'query',
    'POST /api/v1/query/shared': 'query',
    'POST /api/v1/query/notebook': 'query',
    'POST /api/v1/complete': 'read',
  });
});

test('what only looks is open to nobody unknown, but for what is named here', () => {
  const looking = Object.entries(routeNeeds).filter(([route]) => route.startsWith('GET '));
  const open = looking.filter(([, need]) => need === 'public').map(([route]) => route);
  expect(open.toSorted()).toEqual([
    'GET /api/v1/live',
    'GET /api/v1/openapi.json',
    'GET /api/v1/session',
    'GET /healthz',
  ]);
  const ofOneTable = looking.filter(([, need]) => need === 'query').map(([route]) => route);
  expect(ofOneTable.toSorted()).toEqual([
    'GET /api/v1/functions',
    'GET /api/v1/tables',
    'GET /api/v1/tables/:name',
  ]);
  expect(routeNeeds['GET /api/v1/tokens']).toBe('admin');
});

test.each(Object.entries(routeNeeds))('%s needs %s', async (route, need) => {
  const [method = '', path = ''] = route.split(' ');
  const url = path.replaceAll(/:[a-z]+/g, 'nothing');
  for (const [name, token] of tokens) {
    // Signing out would end what the others sign in with; none of them has a session.
    const { status, text } = await guarded.send(method, url, { token });
    const isRefused = status === 401 || (status === 403 && text.includes('does not allow this'));
    const isExpected = !expected[need].includes(name) || isOtherTable(route, name);
    expect([name, isRefused || (isOtherTable(route, name) && status === 403)]).toEqual([
      name,
      isExpected,
    ]);
    expect([name, status === 401]).toEqual([name, name === 'nobody' && need !== 'public']);
  }
});

test.each([...expected.known, 'nobody'])('posting events as %s', async (name) => {
  const token = tokens.get(name);
  const { status } = await guarded.send('POST', '/ingest/events', { token, body: '{"a": 1}' });
  const isFine = name === 'admin' || name === 'ingest';
  expect(status).toBe(isFine ? 200 : name === 'nobody' ? 401 : 403);
  const elsewhere = await guarded.send('POST', '/ingest/others', { token, body: '{"a": 1}' });
  expect(elsewhere.status).toBe(name === 'admin' ? 404 : name === 'nobody' ? 401 : 403);
});

test('what no route declares is for admins, and an unknown address for who is known', () => {
  expect(needOf('POST', '/api/v1/forgotten')).toBe('admin');
  expect(needOf('GET', '/api/v1/forgotten')).toBe('admin');
  expect(needOf('POST', '/somewhere')).toBe('admin');
  expect(needOf('GET', undefined)).toBe('known');
  expect(needOf('GET', '/streams/*')).toBe('public');
  expect(needOf('HEAD', '/api/v1/tokens')).toBe('admin');
});

/** A token of one table is told nothing of another, not even whether it is there. */
function isOtherTable(route: string, name: string): boolean {
  return route === 'GET /api/v1/tables/:name' && name === 'query';
}

async function describedRoutes(): Promise<readonly string[]> {
  type Paths = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const { paths } = await guarded.ask<{ readonly paths: Paths }>('GET', '/api/v1/openapi.json');
  return Object.entries(paths)
    .filter(([path]) => !path.startsWith('/ingest'))
    .flatMap(([path, methods]) => {
      const declared = path.replaceAll(/\{(\w+)\}/g, ':$1');
      return Object.keys(methods).map((method) => `${method.toUpperCase()} ${declared}`);
    });
}
