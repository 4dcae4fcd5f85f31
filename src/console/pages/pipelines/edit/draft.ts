import { useEffect, useState } from 'react';

/**
 * A text that outlives a reload of its tab, until it is forgotten. Where the browser refuses to
 * store it, leaving the page asks first all the same.
 */
export function useDraft(
  key: string,
  initial: string,
): {
  readonly text: string;
  readonly isChanged: boolean;
  readonly change: (text: string) => void;
  /** Gives up what was changed for another text. */
  readonly take: (text: string) => void;
} {
  const [text, setText] = useState(() => stored(key) ?? initial);
  const isChanged = text !== initial;
  useEffect(() => {
    if (!isChanged) return undefined;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isChanged]);
  return {
    text,
    isChanged,
    change: (next) => {
      store(key, next === initial ? undefined : next);
      setText(next);
    },
    take: (next) => {
      store(key, undefined);
      setText(next);
    },
  };
}

function stored(key: string): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function store(key: string, text: string | undefined): void {
  try {
    if (text === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    // A full or forbidden storage: the text lives as long as the page.
    return;
  }
}
