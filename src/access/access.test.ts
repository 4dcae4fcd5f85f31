import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import { Catalog } from '../catalog/catalog.ts';
import { Access, type AccessOptions } from './access.ts';
import { FileStorage } from '../storage/file/file-storage.ts';
import { AuditCopies } from './audit-copies.ts';
import { AuditLog, type AuditEntry } from './audit-log.ts';
import { mayIngest, mayQuery, parseScope, scopeText } from './scope.ts';
import type { Principal } from './token.ts';

let directory = '';
let catalog: Catalog;
let nowMs = 0;
const clock = {
  nowMs: () => nowMs,
  monotonicMs: () => nowMs,
  sleep: async () => await Promise.resolve(),
};
const minuteMs = 60_000;
const address = '10.0.0.1';

beforeEach(() => {
  nowMs = Date.UTC(2026, 10, 23);
  directory = mkdtempSync(join(tmpdir(), 'helios-access-'));
  catalog = new Catalog(join(directory, 'catalog.db'));
});

afterEach(() => {
  catalog.close();
  rmSync(directory, { recursive: true });
});

function open(options: Partial<AccessOptions> = {}): Access {
  return new Access({ entries: catalog.access, clock, isRequired: true, ...options });
}

function make(access: Access, more: { expiresAtMs?: number; rate?: number } = {}): string {
  const { text } = access.tokens.create({
    name: 'reader',
    scopes: [{ kind: 'read-only' }],
    ...{ origins: [], createdBy: 'test', expiresAtMs: more.expiresAtMs, rate: more.rate },
  });
  return text;
}

function identify(access: Access, token: string): Principal {
  return access.identify({ token, session: undefined, address });
}

test('a token stands until it expires, and so does its session', () => {
  const access = open();
  const token = make(access, { expiresAtMs: nowMs + 10 * minuteMs });
  const { secret, expiresAtMs } = access.signIn({ token }, address);
  expect(expiresAtMs).toBe(nowMs + 10 * minuteMs);
  const session = { token: undefined, session: secret, address };
  expect(access.identify(session)).toMatchObject({ name: 'reader', via: 'session' });
  nowMs += 10 * minuteMs;
  expect(codeOf(() => identify(access, token))).toBe('not_authenticated');
  expect(codeOf(() => access.identify(session))).toBe('not_authenticated');
});

test('a session lasts a week', () => {
  const access = open();
  const { secret } = access.signIn({ token: make(access) }, address);
  nowMs += 7 * 24 * 60 * minuteMs - 1;
  const session = { token: undefined, session: secret, address };
  expect(access.identify(session).via).toBe('session');
  nowMs += 1;
  expect(codeOf(() => access.identify(session))).toBe('not_authenticated');
});

test('a link lasts ten minutes, once', () => {
  const access = open();
  const reader = identify(access, make(access));
  const late = access.newLink(reader);
  const used = access.newLink(reader);
  access.signIn({ link: used.code }, address);
  expect(codeOf(() => access.signIn({ link: used.code }, address))).toBe('not_authenticated');
  nowMs += 10 * minuteMs;
  expect(codeOf(() => access.signIn({ link: late.code }, address))).toBe('not_authenticated');
});

test('sessions and links of one token are bounded, and nobody else loses theirs', () => {
  const access = open({ adminToken: 'a'.repeat(40) });
  const other = access.signIn({ token: 'a'.repeat(40) }, address);
  const link = access.newLink(identify(access, 'a'.repeat(40)));
  const token = make(access);
  const first = access.signIn({ token }, address);
  for (let made = 0; made < 100; made++) {
    nowMs += 1;
    access.signIn({ token }, address);
    access.newLink(identify(access, token));
  }
  const stands = (session: string): boolean => access.stands({ token: undefined, session });
  expect([stands(first.secret), stands(other.secret)]).toEqual([false, true]);
  expect(catalog.access.sessions()).toHaveLength(101);
  expect(access.signIn({ link: link.code }, address).principal.name).toBe('admin-token');
});

test('whether a credential stands counts as no attempt', () => {
  const access = open();
  const token = make(access);
  const { secret } = access.signIn({ token }, address);
  const both = [
    { token, session: undefined },
    { token: undefined, session: secret },
  ];
  expect(both.map((one) => access.stands(one))).toEqual([true, true]);
  access.tokens.revoke('reader');
  for (let asked = 0; asked < 20; asked++) {
    expect(both.map((one) => access.stands(one))).toEqual([false, false]);
  }
  expect(codeOf(() => identify(access, token))).toBe('not_authenticated');
});

test('whoever tried longest ago is forgotten, and who tries on waits on', () => {
  const access = open();
  const attempt = (from: string): string =>
    codeOf(() => access.identify({ token: 'wrong', session: undefined, address: from }));
  for (let tried = 0; tried < 11; tried++) attempt('10.0.0.1');
  for (let tried = 0; tried < 10_500; tried++) {
    attempt(`2001:db8::${tried.toString(16)}`);
    if (tried % 5000 === 0) expect(attempt('10.0.0.1')).toBe('too_busy');
  }
  expect(attempt('10.0.0.1')).toBe('too_busy');
});

test('when a token was last used is kept to the minute, and at the end', () => {
  const access = open();
  const token = make(access);
  identify(access, token);
  const firstMs = nowMs;
  nowMs += minuteMs / 2;
  identify(access, token);
  expect(access.tokens.list()[0]?.lastUsedAtMs).toBe(nowMs);
  expect(catalog.access.tokens()[0]?.lastUsedAtMs).toBe(firstMs);
  access.close();
  expect(catalog.access.tokens()[0]?.lastUsedAtMs).toBe(nowMs);
});

test('a rate is what a token has over five seconds', () => {
  const access = open();
  const token = make(access, { rate: 2 });
  for (let used = 0; used < 10; used++) identify(access, token);
  expect(codeOf(() => identify(access, token))).toBe('too_busy');
  nowMs += 500;
  expect(identify(access, token).name).toBe('reader');
});

test('sessions of another admin token end with it', () => {
  const [first, second] = ['a', 'b'].map((letter) => letter.repeat(40)) as [string, string];
  const { secret } = open({ adminToken: first }).signIn({ token: first }, address);
  const session = { token: undefined, session: secret, address };
  expect(open({ adminToken: first }).identify(session).name).toBe('admin-token');
  expect(codeOf(() => open({ adminToken: second }).identify(session))).toBe('not_authenticated');
});

test.each([
  ['query:*', 'orders', true],
  ['query:*', 'helios.pipelines', false],
  ['query:helios.pipelines', 'helios.pipelines', true],
  ['query:helios.audit', 'helios.audit', false],
  ['query:Orders', 'orders', true],
  ['query:orders', 'orders2', false],
  ['console', 'helios.queries', true],
  ['console', 'HELIOS.AUDIT', false],
  ['admin', 'helios.audit', true],
  ['ingest:*', 'orders', false],
])('%s over %s: %s', (scope, table, isAllowed) => {
  expect(mayQuery([parseScope(scope)], table)).toBe(isAllowed);
  expect(scopeText(parseScope(scope))).toBe(scope);
});

test.each([
  ['ingest:*', 'events', true],
  ['ingest:Events', 'events', true],
  ['ingest:events', 'events2', false],
  ['admin', 'events', true],
  ['console', 'events', false],
  ['query:*', 'events', false],
])('%s into %s: %s', (scope, stream, isAllowed) => {
  expect(mayIngest([parseScope(scope)], stream)).toBe(isAllowed);
});

const entry: AuditEntry = {
  ...{ atMs: 1, id: 'a-1', who: 'reader', tokenId: 't', via: 'token', address },
  ...{ action: 'POST /api/v1/query', target: '/api/v1/query', status: 200, code: undefined },
  ...{ sql: 'SELECT 1', durationMs: 2, requests: 1 },
};

test('the audit log goes on in another file, and begins where a crash cut it', async () => {
  const path = join(directory, 'audit.ndjson');
  const problems: string[] = [];
  const options = { path, clock, onProblem: (problem: HeliosError) => problems.push(problem.code) };
  const limits = { fileBytesMax: 600, oldFilesMax: 2, entriesMax: 5 };
  const log = await AuditLog.open({ ...options, limits });
  for (let added = 0; added < 12; added++) {
    nowMs += 1;
    log.add({ ...entry, id: `a-${added}` });
    await log.settle();
  }
  expect(log.entries().map(({ id }) => id)).toEqual(['a-7', 'a-8', 'a-9', 'a-10', 'a-11']);
  const lines = readFileSync(path, 'utf8').split('\n').length - 1;
  expect(lines).toBeLessThan(4);
  const again = await AuditLog.open({ ...options, limits });
  expect(
    again
      .entries()
      .map(({ id }) => id)
      .at(-1),
  ).toBe('a-11');
  expect([problems, again.lost]).toEqual([[], 0]);
});

test('the audit log keeps no more characters in memory than it may', async () => {
  const path = join(directory, 'audit.ndjson');
  const onProblem = (problem: HeliosError): never => {
    throw problem;
  };
  const limits = { entriesCharactersMax: 3000, waitingCharactersMax: 5000 };
  const log = await AuditLog.open({ path, clock, onProblem, limits });
  for (let added = 0; added < 10; added++) {
    log.add({ ...entry, id: `a-${added}`, sql: 'x'.repeat(1000) });
  }
  await log.settle();
  expect(log.entries().map(({ id }) => id)).toEqual(['a-8', 'a-9']);
  const written = readFileSync(path, 'utf8').split('\n').length - 1;
  expect([written, log.lost]).toEqual([5, 5]);
});

test('what an entry was cut out of is let go', async () => {
  const path = join(directory, 'audit.ndjson');
  const log = await AuditLog.open({ path, clock, onProblem: () => undefined });
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let added = 0; added < 100; added++) {
    const body = JSON.parse(`"${String(added)}${' '.repeat(1_000_000)}"`) as string;
    log.add({ ...entry, sql: body.slice(0, 1000) });
  }
  await log.settle();
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
  expect(log.entries()).toHaveLength(100);
});

test('what the audit log could not write is counted and told', async () => {
  const problems: string[] = [];
  const path = join(directory, 'no', 'such', 'folder', 'audit.ndjson');
  const onProblem = (problem: HeliosError): number => problems.push(problem.code);
  const log = await AuditLog.open({ path, clock, onProblem });
  log.add(entry);
  await log.settle();
  expect([problems, log.lost]).toEqual([['storage_failed'], 1]);
});

test('a machine that begins anew has what others did, where the state is kept', async () => {
  const storage = new FileStorage(join(directory, 'store'));
  const problems: string[] = [];
  const onProblem = (problem: HeliosError): number => problems.push(problem.code);
  const machine = async (name: string): Promise<AuditCopies & { log: AuditLog }> => {
    const copies = new AuditCopies({ storage, clock, newId: () => name, onProblem });
    const path = join(directory, `${name}.ndjson`);
    return Object.assign(copies, { log: await AuditLog.open({ path, clock, copies, onProblem }) });
  };
  const first = await machine('first');
  for (const id of ['a-1', 'a-2']) first.log.add({ ...entry, id });
  await first.log.settle();
  await first.close();
  nowMs += 1;
  const second = await machine('second');
  second.log.add({ ...entry, id: 'b-1' });
  await second.log.settle();
  await second.close();
  const third = await machine('third');
  expect(third.log.entries().map(({ id }) => id)).toEqual(['a-1', 'a-2', 'b-1']);
  expect(problems).toEqual([]);
});

test('copies that can not be put wait, the newest of them, and long ones are read', async () => {
  const storage = new FileStorage(join(directory, 'store'));
  let isDown = true;
  const store = {
    list: storage.list.bind(storage),
    read: storage.read.bind(storage),
    putIfAbsent: async (path: string, bytes: Uint8Array) => {
      if (isDown) throw new HeliosError('unavailable', 'down');
      return await storage.putIfAbsent(path, bytes);
    },
  };
  const problems: string[] = [];
  const onProblem = (problem: HeliosError): number => problems.push(problem.code);
  const parts = { storage: store, clock, newId: () => String(problems.length), onProblem };
  const copies = new AuditCopies({ ...parts, waitingCharactersMax: 400_000 });
  copies.add('old\n'.repeat(50_000));
  copies.add('a\n'.repeat(150_000));
  await copies.close();
  copies.add('b\n');
  isDown = false;
  await copies.close();
  const lines = await copies.newest();
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([150_001, 'a', 'b']);
  expect(problems).toEqual(['unavailable']);
});

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof HeliosError) return thrown.code;
    throw thrown;
  }
  return 'done';
}
