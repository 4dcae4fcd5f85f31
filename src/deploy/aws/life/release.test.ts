import { expect, test } from 'vitest';
import { parseReleaseKey, type Release, releaseBefore, releaseKey } from './release.ts';

const sha256 = 'ab'.repeat(32);

test('a key says what it is of', () => {
  const key = releaseKey({ sha256, version: '0.1.0' });
  expect(key).toBe(`releases/0.1.0/${sha256}.tar.gz`);
  expect(parseReleaseKey(key)).toEqual({ sha256, version: '0.1.0' });
});

test.each(['', 'releases/0.1.0/notes.txt', `state/0.1.0/${sha256}.tar.gz`, `${sha256}.tar.gz`])(
  '%j is no bundle',
  (key) => {
    expect(parseReleaseKey(key)).toBeUndefined();
  },
);

test('back goes to the one before, and no further than the first', () => {
  const releases = ['a', 'b', 'c'].map((key, at): Release => ({
    key,
    sha256,
    version: '1',
    uploadedAtMs: at,
  }));
  expect(releaseBefore(releases, 'c')?.key).toBe('b');
  expect(releaseBefore(releases, 'b')?.key).toBe('a');
  expect(releaseBefore(releases, 'a')).toBeUndefined();
  expect(releaseBefore(releases, 'unknown')).toBeUndefined();
});
