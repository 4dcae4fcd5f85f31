import { type ReactNode, useEffect, useState } from 'react';
import { after, nowMs } from '../clock.ts';
import { duration } from '../text.ts';

/** How long ago something was, with the exact time in UTC for who points at it. */
export function Ago({ at }: { readonly at: string }): ReactNode {
  const [now, setNow] = useState(nowMs);
  useEffect(() => after(everyMs, () => setNow(nowMs())), [now]);
  return (
    <time dateTime={at} title={exactTime(at)}>
      {duration(now - Date.parse(at))} ago
    </time>
  );
}

const everyMs = 1000;

/** `2026-11-23 10:57:21.302 UTC` */
export function exactTime(at: string): string {
  return `${new Date(at).toISOString().replace('T', ' ').slice(0, 23)} UTC`;
}
