import { describe, expect, test } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import { frameBody } from './framing.ts';

function bytes(body: string): Buffer {
  return Buffer.from(body, 'latin1');
}

function framed(body: string): string {
  return Buffer.concat([...frameBody([bytes(body)]).lines]).toString('latin1');
}

function refusal(body: string): { code: string; place: string; message: string } {
  try {
    frameBody([bytes(body)]);
  } catch (thrown) {
    if (!(thrown instanceof HeliosError)) throw thrown;
    const { code, message, position } = thrown;
    return { code, message, place: position ? `${position.line}:${position.column}` : '' };
  }
  throw new Error(`framed as ${JSON.stringify(framed(body))}`);
}

const sameText = '(the body itself)';
const bom = '\xef\xbb\xbf';
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('stores', () => {
  test.each<[body: string, lines: string, recordCount: number | undefined]>([
    // One object.
    ['{"msg": "test"}', '{"msg": "test"}\n', 1],
    ['{"a":1}\n', '{"a":1}\n', 1],
    ['{"a":1}\r\n', '{"a":1}\n', 1],
    ['{"a":1}\n\n \n', '{"a":1}\n', 1],
    ['  {"a":1}  ', '{"a":1}\n', 1],
    ['\n\r\n{"a":1}', '{"a":1}\n', 1],
    [`${bom}{"a":1}`, '{"a":1}\n', 1],
    [`${bom}\n{"a":1}\n`, '{"a":1}\n', 1],
    ['{\n "a": 1\n}', '{  "a": 1 }\n', 1],
    ['{\r\n "a": 1\r\n}\r\n', '{   "a": 1  }\n', 1],
    ['{\r"a":1\r}', '{ "a":1 }\n', 1],
    ['{"a":\n[1,\n2]}', '{"a": [1, 2]}\n', 1],
    ['{"a":"\\n"}', '{"a":"\\n"}\n', 1],
    ['{}', '{}\n', 1],
    ['{"a":1.10,"a":1e400,"b":12345678901234567890}', sameText, 1],
    ['{"":{"":[]}}', '{"":{"":[]}}\n', 1],
    ['{"__proto__":1}', '{"__proto__":1}\n', 1],
    ['{"a":"\xc3\xa9"}', '{"a":"\xc3\xa9"}\n', 1],
    ['{"a":"\\ud800"}', '{"a":"\\ud800"}\n', 1],
    [`{"a":${deep(127)}}`, `{"a":${deep(127)}}\n`, 1],
    // An array.
    ['[]', '', 0],
    ['[ \n ]', '', 0],
    ['[{"a":1}]', '{"a":1}\n', 1],
    ['[{"a":1},{"b":2}]', '{"a":1}\n{"b":2}\n', 2],
    ['[{"a":1},{"b":2}]\n', '{"a":1}\n{"b":2}\n', 2],
    [' [ {"a": 1} , {"b":2} ] ', '{"a": 1}\n{"b":2}\n', 2],
    ['[\n{"a":1},\n{"b":2}\n]\n', '{"a":1}\n{"b":2}\n', 2],
    ['[{\n"a":1\n},{"b":[1,\n2]}]', '{ "a":1 }\n{"b":[1, 2]}\n', 2],
    ['[{"a":"],["}]', '{"a":"],["}\n', 1],
    ['[{"a":"\\"},{"}]', '{"a":"\\"},{"}\n', 1],
    ['[1,"x",null,[],[2],{}]', '1\n"x"\nnull\n[]\n[2]\n{}\n', 6],
    [`${bom}[{"a":1}]`, '{"a":1}\n', 1],
    // A scalar is a complete value: stored, for the pipelines to reject.
    ['42', '42\n', 1],
    ['null', 'null\n', 1],
    ['"x"', '"x"\n', 1],
    // NDJSON: exactly as it is.
    ['{"a":1}\n{"b":2}', '{"a":1}\n{"b":2}\n', undefined],
    ['{"a":1}\n{"b":2}\n', '{"a":1}\n{"b":2}\n', undefined],
    ['{"a":1}\r\n{"b":2}\r\n', '{"a":1}\r\n{"b":2}\r\n', undefined],
    ['{"a":1}\n\n{"b":2}\n', '{"a":1}\n\n{"b":2}\n', undefined],
    ['\n {"a":1}\n{"b":2}\n', '{"a":1}\n{"b":2}\n', undefined],
    [`${bom}{"a":1}\n{"b":2}\n`, '{"a":1}\n{"b":2}\n', undefined],
    ['{"a":1}\n{"b":', '{"a":1}\n{"b":\n', undefined],
    ['{"a":1}\nnot json\n', '{"a":1}\nnot json\n', undefined],
    ['{"a":1}\n{"b":"\xff"}\n', '{"a":1}\n{"b":"\xff"}\n', undefined],
    ['{"a":"\xff"}\n{"b":2}\n', '{"a":"\xff"}\n{"b":2}\n', undefined],
    ['{"a":1}\n\x00\n', '{"a":1}\n\x00\n', undefined],
    ['1\n2\n', '1\n2\n', undefined],
    ['[{"a":1}]\n[{"b":2}]\n', '[{"a":1}]\n[{"b":2}]\n', undefined],
    ['{"a":1}\n]', '{"a":1}\n]\n', undefined],
    [`${deep(500)}\n{}\n`, `${deep(500)}\n{}\n`, undefined],
  ])('%j', (body, lines, recordCount) => {
    expect(framed(body)).toBe(lines === sameText ? `${body}\n` : lines);
    expect(frameBody([bytes(body)]).recordCount).toBe(recordCount);
  });
});

describe('refuses', () => {
  test.each<[body: string, code: string, place: string, message: RegExp]>([
    ['', 'invalid_request', '', /empty/],
    [' \r\n\t\n', 'invalid_request', '', /empty/],
    [bom, 'invalid_request', '', /empty/],
    ['{', 'invalid_json', '1:2', /ends where a name/],
    ['[', 'invalid_json', '1:2', /ends where a value/],
    ['{"a"', 'invalid_json', '1:5', /ends where ":"/],
    ['{"a":', 'invalid_json', '1:6', /ends where a value/],
    ['{"a":1', 'invalid_json', '1:7', /ends where "," or "}"/],
    ['{"a":"x', 'invalid_json', '1:8', /ends within a string/],
    ['{"a":1,}', 'invalid_json', '1:8', /expected a name/],
    ['[1,]', 'invalid_json', '1:4', /expected a value/],
    ['{"a" 1}', 'invalid_json', '1:6', /expected ":"/],
    ['{a:1}', 'invalid_json', '1:2', /expected a name/],
    ["{'a':1}", 'invalid_json', '1:2', /expected a name/],
    ['{"a":1}}', 'invalid_json', '1:8', /something follows/],
    ['{"a":1} {"b":2}', 'invalid_json', '1:9', /something follows/],
    ['{"a":1]', 'invalid_json', '1:7', /expected "," or "}"/],
    ['{"a":01}', 'invalid_json', '1:7', /expected "," or "}"/],
    ['{"a":+1}', 'invalid_json', '1:6', /expected a value/],
    ['{"a":1.}', 'invalid_json', '1:8', /expected a digit/],
    ['{"a":NaN}', 'invalid_json', '1:6', /expected a value/],
    ['{"a":nul}', 'invalid_json', '1:9', /expected a value/],
    ['{\n  "a": 1\n  "b": 2\n}', 'invalid_json', '3:3', /expected "," or "}"/],
    ['[\n{"a":1},\n{"b":}\n]', 'invalid_json', '3:6', /expected a value/],
    ['{"a":"x\ny"}', 'invalid_json', '1:8', /control character/],
    ['{"a":"\x00"}', 'invalid_json', '1:7', /control character/],
    ['{"a":"\\x"}', 'invalid_json', '1:7', /bad escape/],
    ['{"a":"\\u12g4"}', 'invalid_json', '1:7', /bad escape/],
    ['{"a":"\xff"}', 'invalid_json', '1:7', /not UTF-8/],
    ['{"\xc3\xa9":"\xc3"}', 'invalid_json', '1:7', /not UTF-8/],
    ['[{"a":"\xed\xa0\x80"}]', 'invalid_json', '1:8', /not UTF-8/],
    ['{"\xc3\xa9":x}', 'invalid_json', '1:6', /expected a value/],
    ['hello', 'invalid_json', '1:1', /expected a value/],
    ['a=1&b=2', 'invalid_json', '1:1', /expected a value/],
    ['\x1f\x8b\x08\x00', 'invalid_json', '1:1', /expected a value/],
    [deep(129), 'invalid_json', '1:129', /too deep/],
    [deep(10_000), 'invalid_json', '1:129', /too deep/],
    ['{"a":'.repeat(200), 'invalid_json', '1:641', /too deep/],
  ])('%j', (body, code, place, message) => {
    expect(refusal(body)).toEqual({ code, place, message: expect.stringMatching(message) });
  });
});

const whole = [
  '{\n "a": [1, "x\\n"],\r\n "b": {"c": null}\n}\n',
  '[{"a":1},\n {"b":"]"},{"c":[{}]}]',
  '{"a":1}\n{"b":"\xc3\xa9"}\r\n\n{"c":3}\n',
];

test.each(whole)('%j cut at any byte is an error or the beginning of the whole', (body) => {
  const full = framed(body);
  for (let length = 0; length < body.length; length++) {
    const cut = body.slice(0, length);
    try {
      const lines = framed(cut);
      expect(full.startsWith(lines.slice(0, -1))).toBe(true);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(HeliosError);
    }
  }
});

test.each([...whole, `${bom}{"a":1}\n{"b":2}`, ' \n[1]'])('%j in chunks is the whole', (body) => {
  const all = bytes(body);
  for (let cut = 0; cut <= body.length; cut++) {
    const chunks = [all.subarray(0, cut), all.subarray(cut, cut + 1), all.subarray(cut + 1)];
    expect(Buffer.concat([...frameBody(chunks).lines]).toString('latin1')).toBe(framed(body));
  }
});

test('NDJSON is not copied', () => {
  const chunks = ['{"a":1}\n{"b"', ':2}\n{"c":', '3}\n'].map((text) => Buffer.from(text));
  expect(frameBody(chunks).lines).toEqual(chunks);
});

test('a refusal names the byte', () => {
  expect(refusal('{"a":1,}').message).toBe(
    'The body is not valid JSON: expected a name in quotes at line 1, column 8 (byte 7).',
  );
});
