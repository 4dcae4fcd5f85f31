import { fc } from '../../test/properties.ts';
import { describe, expect, test } from 'vitest';
import { decodePath, encodePath, partitionFolder } from './path.ts';

describe('paths in the log', () => {
  test.each([
    ['a/b.parquet', 'a/b.parquet'],
    ['a b', 'a%20b'],
    ['p=a%2Fb/x', 'p=a%252Fb/x'],
    ['ключ=日本', '%D0%BA%D0%BB%D1%8E%D1%87=%E6%97%A5%E6%9C%AC'],
    ["a:b=c&d+e'()!*,;@$~-_.", "a:b=c&d+e'()!*,;@$~-_."],
    ['#?"<>[\\]^`{|}%\x7f\n', '%23%3F%22%3C%3E%5B%5C%5D%5E%60%7B%7C%7D%25%7F%0A'],
    ['\u{1f600}', '%F0%9F%98%80'],
  ])('%j is written %j', (path, uri) => {
    expect(encodePath(path)).toBe(uri);
    expect(decodePath(uri)).toBe(path);
  });

  test('what others leave bare is read too', () => {
    expect(decodePath('ключ=日本/a b')).toBe('ключ=日本/a b');
  });

  test('are read as they were written, whatever they hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        expect(decodePath(`x/${encodePath(name)}`)).toBe(`x/${name}`);
      }),
    );
  });

  test.each([
    ['s3://bucket/a', /outside its own folder/],
    ['file:/tmp/a', /outside its own folder/],
    ['/tmp/a', /outside its own folder/],
    ['a/../../b', /above its folder/],
    ['%2e%2e/b', /above its folder/],
    ['a%zz', /is not a URI/],
    ['a%ff', /is not a URI/],
  ])('%j is refused', (uri, message) => {
    expect(() => decodePath(uri)).toThrow(message);
  });
});

describe('folders of partitions', () => {
  test.each([
    [[], {}, ''],
    [['a'], { a: 'x' }, 'a=x'],
    [['b', 'a'], { a: '1', b: '2' }, 'b=2/a=1'],
    [['a'], { a: null }, 'a=__HIVE_DEFAULT_PARTITION__'],
    [['a'], { a: '' }, 'a=__HIVE_DEFAULT_PARTITION__'],
    [['a'], { a: 'a b/c%d:é=1' }, 'a=a b%2Fc%25d%3Aé%3D1'],
    [['a'], { a: '..' }, 'a=..'],
    [['a:b'], { 'a:b': '{"[^]#?*\'\\\n' }, 'a%3Ab=%7B%22%5B%5E%5D%23%3F%2A%27%5C%0A'],
  ])('%j of %j is %j', (columns, values, folder) => {
    expect(partitionFolder(columns, values)).toBe(folder);
  });
});
