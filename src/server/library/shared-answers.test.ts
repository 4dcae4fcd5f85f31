import { beforeEach, expect, test } from 'vitest';
import type { QueryRequest, QueryService } from '../../query/query.ts';
import { SharedAnswers, type SharedQuery, type SharingLimits } from './shared-answers.ts';

let nowMs: number;
/** What runs, in the order it was begun, each with what ends it. */
let running: { readonly request: QueryRequest; readonly finish: (text: string) => void }[];

beforeEach(() => {
  nowMs = 10_000;
  running = [];
});

const run: QueryService['run'] = async (request) => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request.signal.addEventListener('abort', () => reject(request.signal.reason));
  running.push({ request, finish: resolve });
  return {
    ...{ id: '', contentType: '', columns: [], saw: [] },
    body: (async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(await promise);
    })(),
  };
};

const clock = {
  nowMs: () => nowMs,
  monotonicMs: () => nowMs,
  sleep: async () => undefined,
};

function answersWith(limits?: SharingLimits): SharedAnswers {
  return new SharedAnswers({ queries: { run }, clock, limits });
}

const never = new AbortController().signal;
const query: SharedQuery = {
  ...{ sql: 'SELECT $from', params: { a: 1, b: 2 } },
  ...{ times: { from: -5000 }, maxRows: 10, tickMs: 1000 },
};

async function text(answer: Promise<{ readonly json: Buffer }>): Promise<string> {
  return (await answer).json.toString();
}

test('five viewers share one query, and who comes later in its tick gets its answer', async () => {
  const answers = answersWith();
  const other = { ...query, params: { b: 2, a: 1 } };
  const viewers = [query, query, other, query, query].map((one) => text(answers.ask(one, never)));
  running[0]?.finish('one');
  expect(await Promise.all(viewers)).toEqual(['one', 'one', 'one', 'one', 'one']);
  nowMs = 10_999;
  expect(await answers.ask(query, never)).toMatchObject({ nextMs: 1 });
  expect(running).toHaveLength(1);
  expect(running[0]?.request.params).toEqual({ a: 1, b: 2, from: '1970-01-01T00:00:05.000Z' });
});

test("answers with long ticks are in nobody else's way", async () => {
  const limits = { entriesMax: 2, answerBytesMax: 100, keptBytesMax: 1000 };
  const answers = answersWith(limits);
  for (const [index, sql] of ['one', 'two', 'three'].entries()) {
    const answer = text(answers.ask({ ...query, sql, tickMs: 86_400_000 }, never));
    running[index]?.finish(sql);
    expect(await answer).toBe(sql);
  }
  const first = text(answers.ask({ ...query, sql: 'four' }, never));
  const second = text(answers.ask({ ...query, sql: 'five' }, never));
  await expect(answers.ask(query, never)).rejects.toMatchObject({ code: 'too_busy' });
  running[3]?.finish('four');
  running[4]?.finish('five');
  expect(await Promise.all([first, second])).toEqual(['four', 'five']);
});

test('the next tick asks anew, but not while the query still runs', async () => {
  const answers = answersWith();
  const first = text(answers.ask(query, never));
  nowMs = 11_500;
  const second = text(answers.ask(query, never));
  expect(running).toHaveLength(1);
  running[0]?.finish('one');
  expect(await Promise.all([first, second])).toEqual(['one', 'one']);
  const third = text(answers.ask(query, never));
  expect(running).toHaveLength(2);
  running[1]?.finish('two');
  expect(await third).toBe('two');
});

test('other values, times, limits or ticks are other queries', () => {
  const answers = answersWith();
  const changes: readonly Partial<SharedQuery>[] = [
    {},
    { params: { a: 1 } },
    { times: { from: -1 } },
    { maxRows: 11 },
    { tickMs: 2000 },
    { sql: 'SELECT 2' },
  ];
  for (const change of changes) void answers.ask({ ...query, ...change }, never);
  expect(running).toHaveLength(changes.length);
});

test('a viewer who leaves takes nobody along; the last one cancels the query', async () => {
  const answers = answersWith();
  const [one, other] = [new AbortController(), new AbortController()];
  const first = answers.ask(query, one.signal);
  const second = answers.ask(query, other.signal);
  one.abort(new Error('left'));
  await expect(first).rejects.toThrow('left');
  expect(running[0]?.request.signal.aborted).toBe(false);
  other.abort(new Error('left too'));
  await expect(second).rejects.toThrow('left too');
  expect(running[0]?.request.signal.aborted).toBe(true);
  const third = text(answers.ask(query, never));
  running[1]?.finish('two');
  expect(await third).toBe('two');
});

test('what is kept and what runs is bounded', async () => {
  const answers = answersWith({ entriesMax: 2, answerBytesMax: 10, keptBytesMax: 12 });
  const big = text(answers.ask(query, never));
  running[0]?.finish('x'.repeat(11));
  await expect(big).rejects.toMatchObject({ code: 'too_large' });

  nowMs = 11_000;
  const sqls = ['a', 'b'].map((sql) => text(answers.ask({ ...query, sql }, never)));
  await expect(answers.ask({ ...query, sql: 'c' }, never)).rejects.toMatchObject({
    code: 'too_busy',
  });
  running[1]?.finish('0123456789');
  running[2]?.finish('0123456789');
  await Promise.all(sqls);
  const again = ['a', 'b'].map((sql) => text(answers.ask({ ...query, sql }, never)));
  expect(running).toHaveLength(4);
  running[3]?.finish('anew');
  expect(await Promise.all(again)).toEqual(['0123456789', 'anew']);
});
