import { expect, test } from 'vitest';
import type { PipelineAnswer } from '../../../server/api.ts';
import { readersOf, readersThrough } from './stream-readers.ts';

type Source = PipelineAnswer['sources'][number];

const counts = { records_read: 0, records_rejected: 0 };
const recent = { last_5_minutes: counts, last_hour: counts };

function pipeline(
  name: string,
  ...sources: readonly Omit<Source, 'name' | 'recent'>[]
): PipelineAnswer {
  return {
    id: name,
    name,
    sql: '',
    state: 'running',
    created_at: '',
    epoch: 0,
    bytes_in: 0,
    records_rejected: 0,
    records_replayed: 0,
    records_dropped: 0,
    recent: { since: '', ...recent, rejected_by_minute: [] },
    sources: sources.map((source) => ({ name: 's', recent, ...source })),
    sinks: [],
  };
}

const pipelines = [
  pipeline('http', { connector: 'http', reads: { names: ['clicks'] } }),
  pipeline('kafka', { connector: 'kafka', reads: { names: ['t', 'u'], connection: 'prod' } }),
  pipeline('all', {
    connector: 'kafka',
    reads: { names: [], pattern: 't.*', connection: 'prod' },
  }),
  pipeline('other', { connector: 'kafka', reads: { names: ['clicks'], connection: 'test' } }),
  pipeline('file', { connector: 'single_file' }),
];

function names(readers: readonly { readonly pipeline: PipelineAnswer }[]): readonly string[] {
  return readers.map((reader) => reader.pipeline.name);
}

test('a stream of Helios is read by its name, or in its topic', () => {
  expect(names(readersOf({ name: 'clicks', backing: null }, pipelines))).toEqual(['http']);
  const backing = { kind: 'kafka', connection: 'prod', topic: 't' } as const;
  expect(names(readersOf({ name: 'clicks', backing }, pipelines))).toEqual([
    'http',
    'kafka',
    'all',
  ]);
});

test('a topic is read through its connection, also by a pattern of the whole name', () => {
  expect(names(readersThrough('prod', 'u', pipelines))).toEqual(['kafka']);
  expect(names(readersThrough('prod', 'top', pipelines))).toEqual(['all']);
  expect(names(readersThrough('test', 'clicks', pipelines))).toEqual(['other']);
  expect(names(readersThrough('prod', 'at', pipelines))).toEqual([]);
});
