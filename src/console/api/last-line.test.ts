import { expect, test } from 'vitest';
import { LastLine } from './last-line.ts';

const failure = '{"error":{"code":"out_of_memory","message":"Too much – é."}}\n';

function failureOf(...texts: readonly string[]): unknown {
  const last = new LastLine();
  for (const text of texts) last.push(new TextEncoder().encode(text));
  return last.failure();
}

test.each([
  ['a failure behind rows', ['{"a":1}\n{"a":2}\n', failure]],
  ['a failure alone', [failure]],
  ['a failure in pieces', ['{"a":1}\n{"er', failure.slice(4, 30), failure.slice(30)]],
  ['a failure behind long rows', [`{"a":"${'x'.repeat(100_000)}"}\n`, failure]],
  ['a failure in one piece with long rows', [`{"a":"${'x'.repeat(100_000)}"}\n${failure}`]],
])('%s is told', (_name, texts) => {
  expect(failureOf(...texts)).toEqual({
    code: 'out_of_memory',
    message: 'Too much – é.',
    id: '',
  });
});

test.each([
  ['nothing', []],
  ['rows', ['{"a":1}\n', '{"a":2}\n']],
  ['a row with other columns', ['{"error":{"code":"a","message":"b"},"n":1}\n']],
  ['a text that looks like a failure', ['{"error":"{\\"code\\":1}"}\n']],
  ['a row without a message', ['{"error":{"code":"a"}}\n']],
  ['a row that is too long to be one', [`{"error":{"code":"${'x'.repeat(70_000)}"}}\n`]],
  ['rows behind what looks like a failure', [failure, '{"a":1}\n']],
])('%s is no failure', (_name, texts) => {
  expect(failureOf(...texts)).toBeUndefined();
});
