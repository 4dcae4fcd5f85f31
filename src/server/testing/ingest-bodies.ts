/** A Content-Type, a body, and the lines that it becomes. */
export const ingestBodies: readonly (readonly [string, string, readonly string[]])[] = [
  ['application/x-www-form-urlencoded', '{"msg": "test"}', ['{"msg": "test"}']],
  ['application/json', '[{"a":1},{"a":2}]', ['{"a":1}', '{"a":2}']],
  ['text/plain', '{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']],
  ['nonsense', '{"a":1}\nnot json\n', ['{"a":1}', 'not json']],
  ['', '{\n"a":\n1}', ['{ "a": 1}']],
  ['application/json', '{"__proto__":{"x":1}}', ['{"__proto__":{"x":1}}']],
  ['application/json', '[]', []],
];
