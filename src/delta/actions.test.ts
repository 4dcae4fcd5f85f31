import { expect, test } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import { parseActions } from './actions.ts';

const path = '_delta_log/00000000000000000007.json';
const first = '{"commitInfo":{}}';
const hint = 'Check which program wrote it, and restore the file if it is damaged.';

test.each<[string, string | Uint8Array, RegExp]>([
  ['nothing of JSON', 'no JSON', /^line 2 \(from byte 18 on\) is not JSON: "no JSON" \(Unexpected/],
  ['half an action', '{"add":{"pa', /^line 2 \(from byte 18 on\) is not JSON: .*end|Unterminated/],
  ['a long text', 'x'.repeat(500), /is not JSON: "x{60}…" \(/],
  [
    'other bytes',
    Buffer.from([0x7b, 0xff, 0x0a]),
    /^line 2 \(from byte 18 on\) is not UTF-8: "{ÿ"\.$/,
  ],
  ['no object', '[1]', /^line 2: the line is \[1\], which Helios cannot read\.$/],
  ['no path', '{"add":{}}', /^line 2: path is missing, which Helios cannot read\.$/],
])('a line with %s is told with its place', (_, line, message) => {
  const bytes = Buffer.concat([Buffer.from(`${first}\n`), Buffer.from(line)]);
  let found: unknown;
  try {
    parseActions(bytes, path);
  } catch (thrown) {
    found = thrown;
  }
  if (!(found instanceof HeliosError)) throw new Error('it was read');
  expect(found).toMatchObject({ code: 'corrupt_data', hint });
  expect(found.message.startsWith(`${path}, `)).toBe(true);
  expect(found.message.slice(path.length + 2)).toMatch(message);
});

test('blank lines and unknown actions are passed over', () => {
  const actions = parseActions(Buffer.from(`${first}\n\n \r\n{"new":{}}`), path);
  expect(actions.commitInfo).toEqual({});
});
