import { expect, test } from 'vitest';
import { boundedAnswer } from './bounded-answer.ts';

const text =
  '{"columns":[{"name":"a","type":"VARCHAR"}],"rows":[["one\\n"]\n,["twö"]\n,["three"]\n],' +
  '"row_count":3,"truncated":false,"saw":[],"ms":5}\n';
const saw = [{ table: 't', hot_rows: 1, files_read: 0, files_pruned: 0 }];

function answer(body: string): Response {
  return new Response(body, { headers: { 'x-helios-saw': JSON.stringify(saw) } });
}

test('what fits is whole', async () => {
  expect(await boundedAnswer(answer(text), 1000)).toEqual(JSON.parse(text));
});

test('what does not fit are the first rows, and says that there are more', async () => {
  const first = new TextEncoder().encode(text).subarray(0, 75);
  const pieces = new ReadableStream({
    start: (controller) => {
      controller.enqueue(first);
      controller.enqueue(new TextEncoder().encode('never'));
    },
  });
  const response = new Response(pieces, { headers: { 'x-helios-saw': JSON.stringify(saw) } });
  expect(await boundedAnswer(response, 70)).toEqual({
    columns: [{ name: 'a', type: 'VARCHAR' }],
    ...{ rows: [['one\n'], ['twö']], row_count: 2, truncated: true, saw, ms: 0 },
  });
});

test('where no row fits there is none', async () => {
  const whole = await boundedAnswer(
    answer(text.replace('one', 'x'.repeat(5000)).slice(0, 400)),
    99,
  );
  expect(whole).toMatchObject({ rows: [], truncated: true });
});
