import type { ReactNode } from 'react';
import { count } from '../../text.ts';
import './tables.css';

/** How much of something is settled (blue) and how much just arrived (amber). */
export function HotBar({
  cold,
  hot,
  isWhole = false,
  words,
}: {
  readonly cold: number;
  readonly hot: number;
  /** As wide as the page. */
  readonly isWhole?: boolean;
  /** The same for who doesn't see it. */
  readonly words?: string;
}): ReactNode {
  const label = words ?? `${count(cold)} rows in files, ${count(hot)} hot`;
  return (
    <div
      className={`tables-bar${isWhole ? ' whole' : ''}`}
      role="img"
      aria-label={label}
      title={label}
    >
      <span className="cold" style={{ flexGrow: cold }} />
      <span className="hot" style={{ flexGrow: hot, minWidth: hot > 0 ? 2 : 0 }} />
    </div>
  );
}
