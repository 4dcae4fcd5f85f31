import { expect, test } from 'vitest';
import { emptyDraft, isOpen, nameFrom, sourceOf, stepsOf, withField, withTable } from './draft.ts';
import { keepDraft, keptDraft } from './keep-draft.ts';

test.each([
  ['orders', 'orders'],
  ['Prod.Orders-v2', 'prod_orders_v2'],
  ['arn:aws:kinesis:eu-west-1:123456789012:stream/clicks', 'clicks'],
  ['/data/2024 sales.json.gz', 't_2024_sales'],
  ['s3://bucket/raw/', 'events'],
  ['名前', 'events'],
])('a table for %s is called %s', (stream, name) => {
  expect(nameFrom(stream)).toBe(name);
});

const kafka = {
  ...emptyDraft,
  kind: 'kafka',
  connections: { kafka: 'prod' },
  streams: { 'connection prod': 'orders' },
} as const;

test('each stream has its own table, which comes back with it', () => {
  const named = withTable(kafka, { name: 'o' });
  const elsewhere = withTable({ ...named, streams: { 'connection prod': 'refunds' } }, {});
  expect(Object.keys(elsewhere.tables)).toEqual(['kafka prod orders', 'kafka prod refunds']);
  expect(elsewhere.tables['kafka prod orders']).toMatchObject({ name: 'o' });
});

test('steps are open as far as answers reach', () => {
  expect(isOpen(emptyDraft, 'which')).toBe(false);
  expect(isOpen({ ...kafka, streams: {} }, 'which')).toBe(true);
  expect(isOpen({ ...kafka, streams: {} }, 'what')).toBe(false);
  expect(isOpen(kafka, 'start')).toBe(true);
  expect(sourceOf(kafka)).toEqual({ connection: 'prod', stream: 'orders' });
});

test('attached files have neither streams nor a schema to choose', () => {
  const files = { ...emptyDraft, kind: 'files' } as const;
  expect(stepsOf(files)).toEqual(['where', 'start']);
  expect(stepsOf(withField(files, 'how', 'pipeline'))).toEqual(['where', 'what', 'start']);
});

test('what may be a secret is not kept', () => {
  const more = 'auth.token=hunter2\ntls.key=file:/k.pem\nclient.id=me';
  const typed = withField(
    withField(withField(kafka, 'password', 'hunter2'), 'more', more),
    'username',
    'me',
  );
  const kept = new Map<string, string>();
  keepDraft({ setItem: (key, value) => void kept.set(key, value) }, typed);
  const [text] = [...kept.values()];
  expect(text).not.toContain('hunter2');
  expect(keptDraft({ getItem: () => text ?? null }).fields).toEqual({
    'kafka.password': '',
    'kafka.more': 'tls.key=file:/k.pem\nclient.id=me',
    'kafka.username': 'me',
  });
});

test('what another version kept, and refused storage, are no draft', () => {
  expect(keptDraft({ getItem: () => '{' })).toEqual(emptyDraft);
  const refuse = (): never => {
    throw new Error('refused');
  };
  expect(keptDraft({ getItem: refuse })).toEqual(emptyDraft);
  keepDraft({ setItem: refuse }, kafka);
});
