import { expect, test } from 'vitest';
import { linesOf } from './json-lines.ts';

async function* piecesOf(...texts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === 'string' ? new TextEncoder().encode(text) : text;
}

test('lines come whole, however their bytes are cut', async () => {
  const bytes = new TextEncoder().encode('{"a":"é"}\n\n{"b":1}');
  const pieces = piecesOf(bytes.subarray(0, 7), bytes.subarray(7, 12), bytes.subarray(12));
  const lines: string[] = [];
  for await (const line of linesOf(pieces)) lines.push(line);
  expect(lines).toEqual(['{"a":"é"}', '{"b":1}']);
});
