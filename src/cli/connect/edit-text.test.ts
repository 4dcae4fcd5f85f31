import { expect, test } from 'vitest';
import { editText } from './edit-text.ts';

const edits: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [{ EDITOR: "sed -i -e 's/a/b/'" }, 'SELECT b;\n'],
  [{ EDITOR: 'false', VISUAL: 'true' }, 'SELECT a;\n'],
];
test.each(edits)('with %o the text becomes %o', async (environment, expected) => {
  expect(await editText({ environment }, 'SELECT a;\n')).toBe(expected);
});

const failures: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [{}, '$EDITOR is not set'],
  [{ EDITOR: 'false' }, 'The editor ended with 1.'],
];
test.each(failures)('with %o nothing is edited: %s', async (environment, message) => {
  await expect(editText({ environment }, '')).rejects.toThrow(message);
});
