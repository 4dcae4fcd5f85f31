import { type FormEvent, type ReactNode, useState } from 'react';
import { nowMs } from '../../../clock.ts';
import { rangeText, type TimeRange } from './board-place.ts';

const lasts: readonly string[] = ['1m', '5m', '15m', '1h', '6h', '24h', '7d', '30d'];

/** The one time range of all panels: up to now, or between two times in UTC. */
export function RangePicker({
  range,
  set,
}: {
  readonly range: TimeRange;
  readonly set: (changes: Readonly<Record<string, string | undefined>>) => void;
}): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const options =
    range.kind === 'last' && !lasts.includes(range.text) ? [range.text, ...lasts] : lasts;
  const choose = (value: string): void => {
    setOpen(value === 'between');
    if (value !== 'between') set({ last: value, from: undefined, to: undefined });
  };
  const take = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    set({ last: undefined, from: String(form.get('from')), to: String(form.get('to')) });
    setOpen(false);
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
              {rangeText({ kind: 'last', text, ms: 0 })}
            </option>
          ))}
          <option value="between">between two times…</option>
        </select>
      </label>
      {isBetween && (
        <form className="board-between" onSubmit={take} key={JSON.stringify(range)}>
          <input
            className="input"
            type="datetime-local"
            name="from"
            aria-label="From, in UTC"
            defaultValue={fieldOf(range, 'from')}
            required
          />
          <input
            className="input"
            type="datetime-local"
            name="to"
            aria-label="To, in UTC"
            defaultValue={fieldOf(range, 'to')}
            required
          />
          <button type="submit" className="button">
            Show (UTC)
          </button>
        </form>
      )}
    </>
  );
}

function fieldOf(range: TimeRange, end: 'from' | 'to'): string {
  if (range.kind === 'between') return range[end].slice(0, 16);
  const ms = end === 'to' ? nowMs() : nowMs() - range.ms;
  return new Date(ms).toISOString().slice(0, 16);
}
