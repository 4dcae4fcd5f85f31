import type { ReactNode } from 'react';
import { offsetText } from './time-text.ts';
import { meantTime } from './wall-time.ts';
import { useZone } from './zone.ts';
import './time.css';

/** A day and a time on clocks of the chosen zone, and which instant that is. */
export function TimeField({
  label,
  value,
  step,
  onChange,
}: {
  readonly label: string;
  /** As the browser's field gives it: `2026-11-23T11:54`. */
  readonly value: string;
  /** Seconds; minutes alone where it is not given. */
  readonly step?: number | undefined;
  readonly onChange: (value: string) => void;
}): ReactNode {
  const zone = useZone();
  const meant = meantTime(value, zone);
  return (
    <span className="time-field">
      <input
        className="input"
        type="datetime-local"
        aria-label={`${label}, in ${zone}`}
        value={value}
        step={step}
        required
        onChange={({ target }) => onChange(target.value)}
      />
      <span className="quiet" title={zone}>
        {meant === undefined ? zone : offsetText(meant.ms, zone)}
      </span>
      {meant !== undefined && meant.how !== 'once' && (
        <span className="time-note">{notes[meant.how]}</span>
      )}
    </span>
  );
}

const notes = {
  twice: 'clocks showed this twice: the first is meant',
  skipped: 'clocks went over this: as long after is meant',
} as const;
