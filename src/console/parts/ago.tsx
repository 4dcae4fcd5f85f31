import { type ReactNode, useEffect, useState } from 'react';
import { after, serverNowMs } from '../clock.ts';
import { duration } from '../text.ts';
import { timeText } from '../time/time-text.ts';
import { useZone } from '../time/zone.ts';

/** How long ago something was, with the exact time for who points at it. */
export function Ago({ at }: { readonly at: string }): ReactNode {
  const zone = useZone();
  const [now, setNow] = useState(serverNowMs);
  useEffect(() => after(everyMs, () => setNow(serverNowMs())), [now]);
  return (
    <time dateTime={at} title={timeText(at, zone)}>
      {duration(now - Date.parse(at))} ago
    </time>
  );
}

const everyMs = 1000;
