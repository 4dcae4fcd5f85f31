import { type FormEvent, type ReactNode, useState } from 'react';
import type { DashboardBody, DashboardVariable } from '../../../../server/library/library-api.ts';
import { DialogButtons } from '../../../parts/dialog-buttons.tsx';
import { Dialog } from '../../../parts/dialog.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { rangeDefault } from '../board/board-place.ts';

const secondsDefault = '1';

/** What the whole dashboard has: words about it, its range, how often it asks, its variables. */
export function SettingsForm({
  body,
  onDone,
  onClose,
}: {
  readonly body: DashboardBody;
  readonly onDone: (body: DashboardBody) => void;
  readonly onClose: () => void;
}): ReactNode {
  const [description, setDescription] = useState(body.description ?? '');
  const [last, setLast] = useState(body.last ?? rangeDefault);
  const [seconds, setSeconds] = useState(
    body.refresh_ms === undefined ? secondsDefault : String(body.refresh_ms / 1000),
  );
  const [variables, setVariables] = useState(body.variables ?? []);
  const done = (event: FormEvent): void => {
    event.preventDefault();
    onDone({
      panels: body.panels,
      description,
      last,
      refresh_ms: Math.round(Number(seconds) * 1000),
      variables,
    });
  };
  return (
    <Dialog title="Variables and refresh" onClose={onClose}>
      <form className="board-form" onSubmit={done}>
        <label className="field">
          <span className="label">What it is about</span>
          <input
            className="input"
            value={description}
            onChange={({ target }) => setDescription(target.value)}
            maxLength={500}
          />
        </label>
        <TimingFields last={last} seconds={seconds} onLast={setLast} onSeconds={setSeconds} />
        <VariableList variables={variables} onChange={setVariables} />
        <DialogButtons action="Take it" onClose={onClose} />
      </form>
    </Dialog>
  );
}

function TimingFields({
  last,
  seconds,
  onLast,
  onSeconds,
}: {
  readonly last: string;
  readonly seconds: string;
  readonly onLast: (last: string) => void;
  readonly onSeconds: (seconds: string) => void;
}): ReactNode {
  return (
    <>
      <label className="field">
        <span className="label">Opens with the last (30s, 15m, 6h, 7d)</span>
        <input
          className="input"
          value={last}
          onChange={({ target }) => onLast(target.value)}
          pattern="[1-9][0-9]{0,4}[smhd]"
          required
        />
      </label>
      <label className="field">
        <span className="label">Asks every … seconds</span>
        <input
          className="input"
          type="number"
          min="0.5"
          max="86400"
          step="0.5"
          value={seconds}
          onChange={({ target }) => onSeconds(target.value)}
          required
        />
      </label>
    </>
  );
}

function VariableList({
  variables,
  onChange,
}: {
  readonly variables: readonly DashboardVariable[];
  readonly onChange: (variables: readonly DashboardVariable[]) => void;
}): ReactNode {
  return (
    <fieldset className="board-variables">
      <legend>Variables</legend>
      {variables.length === 0 && (
        <p className="quiet">A variable is a field above the panels, and $name in their SQL.</p>
      )}
      {variables.map((variable, at) => (
        <VariableRow
          key={at}
          variable={variable}
          onChange={(next) => onChange(variables.map((one, index) => (index === at ? next : one)))}
          onRemove={() => onChange(variables.filter((_, index) => index !== at))}
        />
      ))}
      <button
        type="button"
        className="button"
        onClick={() => onChange([...variables, { name: '', value: '' }])}
      >
        <Icon name="plus" />
        Add a variable
      </button>
    </fieldset>
  );
}

function VariableRow({
  variable,
  onChange,
  onRemove,
}: {
  readonly variable: DashboardVariable;
  readonly onChange: (variable: DashboardVariable) => void;
  readonly onRemove: () => void;
}): ReactNode {
  const { name, value, choices = [] } = variable;
  return (
    <div className="board-variable-row">
      <input
        className="input code"
        value={name}
        onChange={({ target }) => onChange({ ...variable, name: target.value })}
        placeholder="name"
        aria-label="Name, as in $name"
        pattern="[A-Za-z_][A-Za-z0-9_]{0,63}"
        required
      />
      <input
        className="input"
        value={value}
        onChange={({ target }) => onChange({ ...variable, value: target.value })}
        placeholder="value"
        aria-label={`Value of ${name}`}
      />
      <input
        className="input"
        value={choices.join(', ')}
        onChange={({ target }) => onChange({ ...variable, choices: choicesOf(target.value) })}
        placeholder="choices, by comma"
        aria-label={`Choices of ${name}, by comma`}
      />
      <button
        type="button"
        className="button plain"
        onClick={onRemove}
        aria-label={`Remove ${name}`}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

/** An end that is still typed stays. */
function choicesOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(',').map((choice) => choice.replace(/^ /, ''));
}
