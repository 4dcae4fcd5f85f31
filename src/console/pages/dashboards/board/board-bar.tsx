import type { ReactNode } from 'react';
import type { DashboardBody, DashboardVariable } from '../../../../server/library/library-api.ts';
import { Allowed } from '../../../access/allowed.tsx';
import { Link } from '../../../link.tsx';
import { dashboardDocument } from '../address.ts';
import { Icon } from '../../../parts/icon.tsx';
import { type BoardPlace, lastText, rangeDefault } from './board-place.ts';
import { RangePicker } from './range-picker.tsx';

/** The dashboard's name, and what drives all of its panels. */
export function BoardBar(props: BarProps): ReactNode {
  const { title, look, typed, body, set } = props;
  return (
    <header className="board-bar">
      <h1 className="board-name">
        {!look.isFull && (
          <>
            <Link href="/dashboards">Dashboards</Link> <span className="quiet">/</span>{' '}
          </>
        )}
        {title}
      </h1>
      {body.variables?.map((variable) => (
        <VariableField
          key={variable.name}
          variable={variable}
          value={typed[variable.name] ?? ''}
          onChange={(value) =>
            set({ [`v.${variable.name}`]: value === variable.value ? undefined : value })
          }
        />
      ))}
      <Controls {...props} />
    </header>
  );
}

type BarProps = {
  readonly title: string;
  readonly look: BoardPlace;
  readonly typed: Readonly<Record<string, string>>;
  readonly body: DashboardBody;
  readonly set: (changes: Readonly<Record<string, string | undefined>>) => void;
};

/** The time range, and what is done with the whole dashboard. */
function Controls({ title, look, body, set }: Omit<BarProps, 'typed'>): ReactNode {
  const { range, isPaused, isEditing, isFull } = look;
  return (
    <div className="board-controls">
      <RangePicker range={range} set={set} />
      {range.kind === 'between' && (
        <button
          type="button"
          className="button"
          onClick={() => set({ from: undefined, to: undefined })}
        >
          Back to {lastText(body.last ?? rangeDefault)}
        </button>
      )}
      <button
        type="button"
        className="button"
        aria-pressed={isPaused}
        onClick={() => set({ paused: isPaused ? undefined : '1' })}
      >
        <Icon name={isPaused ? 'play' : 'pause'} />
        {isPaused ? 'Go on' : 'Pause'}
      </button>
      <button
        type="button"
        className="button"
        onClick={() => set({ full: isFull ? undefined : '1' })}
      >
        {isFull ? 'Leave full screen' : 'Full screen'}
      </button>
      {!isFull && (
        <a className="button" href={`${dashboardDocument(title)}/file`} download>
          Export
        </a>
      )}
      {!isEditing && !isFull && (
        <Allowed need="save">
          <button type="button" className="button" onClick={() => set({ edit: '1' })}>
            Edit
          </button>
        </Allowed>
      )}
    </div>
  );
}

function VariableField({
  variable: { name, label = name, choices = [] },
  value,
  onChange,
}: {
  readonly variable: DashboardVariable;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): ReactNode {
  const options = choices.includes(value) ? choices : [value, ...choices];
  return (
    <label className="board-variable">
      <span className="quiet">{label}</span>
      {choices.length > 0 ? (
        <select className="input" value={value} onChange={({ target }) => onChange(target.value)}>
          {options.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      ) : (
        <input className="input" value={value} onChange={({ target }) => onChange(target.value)} />
      )}
    </label>
  );
}
