import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type * as texts from './kept-texts.ts';

let storage: { getItem: unknown; setItem: unknown; removeItem: unknown };

beforeEach(() => {
  vi.resetModules();
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function textsOver(full: boolean): Promise<typeof texts> {
  const kept = new Map<string, string>();
  storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => {
      if (full) throw new Error('quota');
      kept.set(key, text);
    },
    removeItem: (key: string) => kept.delete(key),
  };
  vi.stubGlobal('localStorage', storage);
  return await import('./kept-texts.ts');
}

test('what the browser keeps is read from it', async () => {
  const { sharedTexts } = await textsOver(false);
  sharedTexts.setItem('a', '1');
  expect(sharedTexts.getItem('a')).toBe('1');
  sharedTexts.removeItem('a');
  expect(sharedTexts.getItem('a')).toBeNull();
});

test('what a full browser refuses is told, and still there in this window', async () => {
  const { sharedTexts } = await textsOver(true);
  expect(() => sharedTexts.setItem('a', '1')).toThrow('quota');
  expect(sharedTexts.getItem('a')).toBe('1');
});

test('where there may be no storage at all, nothing is lost either', async () => {
  const { ownTexts } = await textsOver(false);
  expect(ownTexts.getItem('a')).toBeNull();
  expect(() => ownTexts.setItem('a', '1')).toThrow();
  expect(ownTexts.getItem('a')).toBe('1');
  ownTexts.removeItem('a');
  expect(ownTexts.getItem('a')).toBeNull();
});
