import type { ReactNode } from 'react';
import { minuteText, timeText } from './time-text.ts';
import { useZone } from './zone.ts';

/** An instant in the chosen zone; the exact one for who points at it. */
export function Time({
  at,
  to = 'exact',
}: {
  /** As the server writes it. */
  readonly at: string;
  readonly to?: 'exact' | 'minute';
}): ReactNode {
  const zone = useZone();
  const exact = timeText(at, zone);
  return (
    <time dateTime={at} title={to === 'minute' ? exact : undefined}>
      {to === 'minute' ? minuteText(at, zone) : exact}
    </time>
  );
}
