import { type KeyboardEvent, type ReactNode, useId, useMemo, useState } from 'react';
import { nowMs } from '../clock.ts';
import { count } from '../text.ts';
import { offsetText } from './time-text.ts';
import { foundZones, knownZones } from './zone-list.ts';
import { chooseZone, chosenZone, linkedZone, useZone } from './zone.ts';
import './zone-chooser.css';

/** More are found by typing. */
const shownMax = 40;

/** The zones of the world, to be found by a few letters. */
export function ZoneChooser({ onDone }: { readonly onDone?: (() => void) | undefined }): ReactNode {
  const id = useId();
  const zone = useZone();
  const zones = useMemo(() => knownZones(zone), [zone]);
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const found = useMemo(() => foundZones(zones, typed), [zones, typed]);
  const shown = found.slice(0, shownMax);
  const take = (chosen: string | undefined): void => {
    if (chosen === undefined) return;
    chooseZone(chosen);
    setTyped('');
    setAt(0);
    onDone?.();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(at + 1, shown.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else if (event.key === 'Enter') take(shown[at]);
    else return;
    event.preventDefault();
  };
  return (
    <div className="zone-chooser">
      <FromLink />
      <input
        className="input"
        type="search"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={shown[at] === undefined ? undefined : `${id}-${at}`}
        aria-label="Find a time zone"
        placeholder="Find a zone: berlin, new york, utc"
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={id} role="listbox" aria-label="Time zones" tabIndex={-1}>
        {shown.map((name, index) => (
          <Zone
            key={name}
            id={`${id}-${index}`}
            {...{ name }}
            isAt={index === at}
            isChosen={name === zone}
            onChoose={() => take(name)}
          />
        ))}
      </ul>
      <p className="quiet" role="status">
        {found.length === 0 && 'No zone is called that.'}
        {found.length > shownMax && `${count(found.length - shownMax)} more: type to find them.`}
      </p>
    </div>
  );
}

function Zone({
  id,
  name,
  isAt,
  isChosen,
  onChoose,
}: {
  readonly id: string;
  readonly name: string;
  readonly isAt: boolean;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}): ReactNode {
  return (
    <li
      id={id}
      ref={(element) => {
        if (isAt) element?.scrollIntoView({ block: 'nearest' });
      }}
      role="option"
      className={isAt ? 'at' : undefined}
      aria-selected={isChosen}
      onClick={onChoose}
    >
      <span>
        <span className="mark" aria-hidden="true">
          {isChosen ? '✓' : ''}
        </span>
        {name.replaceAll('_', ' ')}
      </span>
      <span className="quiet">{offsetText(nowMs(), name)}</span>
    </li>
  );
}

/** Says whose zone this is where a link brought it. */
function FromLink(): ReactNode {
  const linked = linkedZone();
  const own = chosenZone();
  if (linked === undefined || linked === own) return null;
  return (
    <p className="notice">
      <span>
        The link that you followed shows times in {linked}.{' '}
        <button type="button" className="button" onClick={() => chooseZone(own)}>
          Show them in {own}
        </button>
      </span>
    </p>
  );
}
