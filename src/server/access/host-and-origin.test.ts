import { expect, test } from 'vitest';
import { accessRules, checkAccess, isLoopback } from './host-and-origin.ts';

const rules = accessRules({ host: '127.0.0.1', port: 7311 }, ['https://app.test']);
const own = 'localhost:7311';

test.each<[host: string | undefined, outcome: 'ok' | 'misdirected']>([
  ['localhost:7311', 'ok'],
  ['LOCALHOST:7311', 'ok'],
  ['127.0.0.1:7311', 'ok'],
  ['[::1]:7311', 'ok'],
  [undefined, 'misdirected'],
  ['', 'misdirected'],
  ['localhost', 'misdirected'],
  ['localhost:80', 'misdirected'],
  ['evil.test:7311', 'misdirected'],
  ['localhost.evil.test:7311', 'misdirected'],
  ['127.0.0.1.evil.test:7311', 'misdirected'],
  ['localhost:7311@evil.test', 'misdirected'],
  ['127.0.0.2:7311', 'misdirected'],
])('Host %j is %s', (host, outcome) => {
  expect(outcomeOf('GET', host === undefined ? {} : { host })).toBe(outcome);
});

test.each<[headers: Record<string, string>, method: string, outcome: string]>([
  [{}, 'POST', 'ok'],
  [{ origin: 'http://localhost:7311' }, 'POST', 'ok'],
  [{ origin: 'https://app.test' }, 'POST', 'ok https://app.test'],
  [{ origin: 'https://app.test', 'sec-fetch-site': 'cross-site' }, 'POST', 'ok https://app.test'],
  [{ origin: 'http://127.0.0.1:7311' }, 'POST', 'not_allowed'],
  [{ origin: 'https://localhost:7311' }, 'POST', 'not_allowed'],
  [{ origin: 'http://localhost:3000' }, 'POST', 'not_allowed'],
  [{ origin: 'http://evil.test' }, 'POST', 'not_allowed'],
  [{ origin: 'http://evil.test' }, 'GET', 'not_allowed'],
  [{ origin: 'null' }, 'POST', 'not_allowed'],
  [{ origin: '' }, 'POST', 'not_allowed'],
  [{ 'sec-fetch-site': 'same-origin' }, 'POST', 'ok'],
  [{ 'sec-fetch-site': 'none' }, 'GET', 'ok'],
  [{ 'sec-fetch-site': 'same-site' }, 'GET', 'not_allowed'],
  [{ 'sec-fetch-site': 'cross-site' }, 'POST', 'not_allowed'],
  [{ 'sec-fetch-site': 'cross-site' }, 'GET', 'not_allowed'],
  // A followed link may arrive; a form that another page posts may not.
  [navigation('document'), 'GET', 'ok'],
  [navigation('document'), 'POST', 'not_allowed'],
  [navigation('iframe'), 'GET', 'not_allowed'],
])('%j on %s is %s', (headers, method, outcome) => {
  expect(outcomeOf(method, { host: own, ...headers })).toBe(outcome);
});

test('on port 80, browsers leave the port out', () => {
  const onDefaultPort = accessRules({ host: '::1', port: 80 }, []);
  expect(checkAccess(onDefaultPort, get('localhost'))).toBeUndefined();
  expect(checkAccess(onDefaultPort, get('[::1]:80'))).toBeUndefined();
});

test.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.2', false],
  ['127.0.0.1.evil.test', false],
  ['', false],
])('%j is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

function get(host: string): {
  readonly method: string;
  readonly headers: { readonly host: string };
} {
  return { method: 'GET', headers: { host } };
}

function navigation(destination: string): Record<string, string> {
  return {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': destination,
  };
}

function outcomeOf(method: string, headers: Record<string, string>): string {
  try {
    const origin = checkAccess(rules, { method, headers });
    return origin === undefined ? 'ok' : `ok ${origin}`;
  } catch (thrown) {
    return String(Reflect.get(Object(thrown), 'code'));
  }
}
