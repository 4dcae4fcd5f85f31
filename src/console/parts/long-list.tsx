import { type ReactNode, useState } from 'react';
import { count } from '../text.ts';

/** A list of so many is found in by its first letters, too. */
const searchFrom = 20;
/** More are too many for a person, and for a page that is drawn each second. */
const shownMax = 100;

/** A list that may be of thousands: a part of it is shown, how many more there are is said. */
export function LongList<T>({
  items,
  nameOf,
  what,
  children,
}: {
  readonly items: readonly T[];
  readonly nameOf: (item: T) => string;
  /** What they are, in the plural. */
  readonly what: string;
  readonly children: (shown: readonly T[]) => ReactNode;
}): ReactNode {
  const [wanted, setWanted] = useState('');
  const letters = wanted.trim().toLowerCase();
  const found =
    letters === '' ? items : items.filter((item) => nameOf(item).toLowerCase().includes(letters));
  return (
    <>
      {items.length > searchFrom && (
        <input
          className="input"
          type="search"
          aria-label={`Find ${what}`}
          placeholder={`Find among ${count(items.length)} ${what}`}
          value={wanted}
          onChange={({ target }) => setWanted(target.value)}
        />
      )}
      {children(found.slice(0, shownMax))}
      {(found.length > shownMax || found.length < items.length) && (
        <p className="quiet" role="status">
          {foundText(found.length, what)}
        </p>
      )}
    </>
  );
}

function foundText(found: number, what: string): string {
  if (found === 0) return `No ${what} are called that.`;
  return found > shownMax
    ? `${count(shownMax)} of ${count(found)} ${what}; type a part of a name to find others.`
    : `${count(found)} ${what} have that in their name.`;
}
