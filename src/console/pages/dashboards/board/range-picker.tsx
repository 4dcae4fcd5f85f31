import { type ReactNode, type SyntheticEvent, useState } from 'react';
import { nowMs } from '../../../clock.ts';
import { TimeField } from '../../../time/time-field.tsx';
import { fieldText } from '../../../time/time-text.ts';
import { meantTime } from '../../../time/wall-time.ts';
import { useZone } from '../../../time/zone.ts';
import { lastText, type TimeRange } from './board-place.ts';

const lasts: readonly string[] = ['1m', '5m', '15m', '1h', '6h', '24h', '7d', '30d'];

type Set = (changes: Readonly<Record<string, string | undefined>>) => void;

/** The one time range of all panels: up to now, or between two times. */
export function RangePicker({
  range,
  set,
}: {
  readonly range: TimeRange;
  readonly set: Set;
}): ReactNode {
  const zone = useZone();
  const [isOpen, setOpen] = useState(false);
  const options =
    range.kind === 'last' && !lasts.includes(range.text) ? [range.text, ...lasts] : lasts;
  const choose = (value: string): void => {
    setOpen(value === 'between');
    if (value !== 'between') set({ last: value, from: undefined, to: undefined });
  };
  const isBetween = isOpen || range.kind === 'between';
  return (
    <>
      <label className="board-variable">
        <span className="quiet">time</span>
        <select
          className="input"
          value={isOpen || range.kind === 'between' ? 'between' : range.text}
          onChange={({ target }) => choose(target.value)}
        >
          {options.map((text) => (
            <option key={text} value={text}>
              {lastText(text)}
            </option>
          ))}
          <option value="between">between two times…</option>
        </select>
      </label>
      {isBetween && (
        <Between
          key={`${zone} ${JSON.stringify(range)}`}
          {...{ range, set, zone }}
          onDone={() => setOpen(false)}
        />
      )}
    </>
  );
}

/** Typed on clocks of the chosen zone; the address has the instants. */
function Between({
  range,
  zone,
  set,
  onDone,
}: {
  readonly range: TimeRange;
  readonly zone: string;
  readonly set: Set;
  readonly onDone: () => void;
}): ReactNode {
  const [from, setFrom] = useState(() => fieldText(endMs(range, 'from'), zone));
  const [to, setTo] = useState(() => fieldText(endMs(range, 'to'), zone));
  const ends = [meantTime(from, zone), meantTime(to, zone)] as const;
  const take = (event: SyntheticEvent): void => {
    event.preventDefault();
    const [first, last] = ends;
    if (first === undefined || last === undefined || first.ms >= last.ms) return;
    const [start, end] = [first, last].map(({ ms }) => new Date(ms).toISOString());
    set({ last: undefined, from: start, to: end });
    onDone();
  };
  const isBackwards = ends[0] !== undefined && ends[1] !== undefined && ends[0].ms >= ends[1].ms;
  return (
    <form className="board-between" onSubmit={take}>
      <TimeField label="From" value={from} onChange={setFrom} />
      <TimeField label="To" value={to} onChange={setTo} />
      <button type="submit" className="button" disabled={isBackwards}>
        Show
      </button>
      {isBackwards && <span className="quiet">it ends before it begins</span>}
    </form>
  );
}

function endMs(range: TimeRange, end: 'from' | 'to'): number {
  if (range.kind === 'between') return Date.parse(range[end]);
  return end === 'to' ? nowMs() : nowMs() - range.ms;
}
