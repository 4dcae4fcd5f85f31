import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { Engine } from './engine.ts';
import { quoteText } from './types.ts';

const texts = ['', "it's", '\0', "a\0'b\0\0", '\\n', '$1 $$', '\u{1f600}', "'; --", 'a\r\n'];

test('a text literal says what the text says, whatever it contains', async () => {
  const engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 27, tempDirectory: tmpdir() });
  try {
    await using connection = await engine.connect();
    const [row] = await connection.rows(`SELECT [${texts.map(quoteText).join(', ')}] AS said`);
    expect(row).toEqual({ said: texts });
  } finally {
    engine.close();
  }
});
