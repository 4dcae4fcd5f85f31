import { useEffect, useRef, useState } from 'react';
import { after } from '../clock.ts';
import { FieldCounter, type FieldStatistics } from './field-statistics.ts';

export type FieldsSeen = {
  readonly fields: readonly FieldStatistics[];
  readonly documentCount: number;
  readonly otherCount: number;
  readonly isCut: boolean;
};

const everyMs = 1000;
/** Short enough to keep out of the way of what moves. */
const sliceCharacters = 30_000;
const sliceMs = 16;

/** Counts the fields of these texts each second, in slices that leave the page its frames. */
export function useFieldStatistics(texts: readonly string[]): FieldsSeen | undefined {
  const [seen, setSeen] = useState<FieldsSeen>();
  const newest = useRef(texts);
  useEffect(() => {
    newest.current = texts;
  });
  useEffect(() => {
    let cancel = (): void => undefined;
    let counted: readonly string[] | undefined;
    const begin = (): void => {
      const asked = newest.current;
      if (asked === counted) cancel = after(everyMs, begin);
      else slice({ texts: asked, at: 0, counter: new FieldCounter() });
    };
    const slice = ({ texts: all, at, counter }: Slice): void => {
      let next = at;
      let length = 0;
      while (next < all.length && length < sliceCharacters) {
        const text = all[next++] ?? '';
        length += text.length;
        counter.add(text);
      }
      if (next < all.length) {
        cancel = after(sliceMs, () => slice({ texts: all, at: next, counter }));
        return;
      }
      counted = all;
      setSeen(seenBy(counter));
      cancel = after(everyMs, begin);
    };
    begin();
    return () => cancel();
  }, []);
  return seen;
}

type Slice = {
  readonly texts: readonly string[];
  readonly at: number;
  readonly counter: FieldCounter;
};

function seenBy(counter: FieldCounter): FieldsSeen {
  const { documentCount, otherCount, isCut } = counter;
  return { fields: counter.fields(), documentCount, otherCount, isCut };
}
