import { type ReactNode, type SyntheticEvent, useId, useState } from 'react';
import type { ConnectionAnswer, ErrorBody } from '../../../../server/api.ts';
import { errorBodyOf } from '../../../api/request.ts';
import { Failure } from '../../../parts/failure.tsx';
import { Field } from '../../../parts/field.tsx';
import { fieldOf, type StreamField, type StreamValues } from './stream-values.ts';
import './edit.css';

export type StreamFormProps = {
  readonly values: StreamValues;
  readonly onChange: (values: StreamValues) => void;
  /** Undefined: the stream is there already, and where it is kept stays. */
  readonly connections: readonly ConnectionAnswer[] | undefined;
  /** A broker keeps it: then a budget of bytes is not Helios's to give. */
  readonly isBacked: boolean;
  readonly action: string;
  /** Throws `ApiError`, whose words are shown where they belong. */
  readonly onSubmit: () => Promise<void>;
};

/** What is told of a stream to make or to change it. */
export function StreamForm(props: StreamFormProps): ReactNode {
  const { values, onChange, connections, isBacked, action, onSubmit } = props;
  const [error, setError] = useState<ErrorBody>();
  const [isBusy, setBusy] = useState(false);
  const field = error && fieldOf(error);
  const isPlaced = field !== undefined && isShown(field, props);
  const at = (name: StreamField): ErrorBody | undefined => (field === name ? error : undefined);
  const set = (change: Partial<StreamValues>): void => onChange({ ...values, ...change });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    onSubmit().catch((thrown: unknown) => {
      setError(errorBodyOf(thrown));
      setBusy(false);
    });
  };
  return (
    <form className="stream-form" onSubmit={submit}>
      {connections !== undefined && (
        <Field label="Name" error={at('name')}>
          {(wiring) => (
            <input
              {...wiring}
              className="input"
              required
              spellCheck={false}
              value={values.name}
              onChange={({ target }) => set({ name: target.value })}
            />
          )}
        </Field>
      )}
      {connections !== undefined && connections.length > 0 && (
        <KeptBy {...props} connections={connections} error={at('connection') ?? at('topic')} />
      )}
      <Field
        label="Partitions"
        note="More take in more at once, in no order between them; they can’t become fewer."
        error={at('partitions')}
      >
        {(wiring) => (
          <input
            {...wiring}
            className="input"
            inputMode="numeric"
            pattern="[0-9]*"
            placeholder={connections === undefined ? '' : '1'}
            value={values.partitions}
            onChange={({ target }) => set({ partitions: target.value })}
          />
        )}
      </Field>
      <Retention values={values} set={set} error={at('age')} />
      {!isBacked && <Budget values={values} set={set} error={at('budget')} />}
      {error !== undefined && !isPlaced && <Failure error={error} />}
      <div className="stream-form-end">
        <button type="submit" className="button main" disabled={isBusy}>
          {action}
        </button>
      </div>
    </form>
  );
}

function isShown(field: StreamField, { connections, isBacked }: StreamFormProps): boolean {
  if (field === 'partitions' || field === 'age') return true;
  return field === 'budget' ? !isBacked : connections !== undefined;
}

function KeptBy({
  values,
  onChange,
  connections,
  error,
}: StreamFormProps & {
  readonly connections: readonly ConnectionAnswer[];
  readonly error: ErrorBody | undefined;
}): ReactNode {
  const id = useId();
  const { connection, topic } = values;
  const kind = connections.find(({ name }) => name === connection)?.kind;
  return (
    <>
      <div className="field">
        <label htmlFor={id}>Kept by</label>
        <select
          id={id}
          className="input"
          value={connection}
          onChange={({ target }) => onChange({ ...values, connection: target.value })}
        >
          <option value="">Helios, in its embedded log</option>
          {connections.map(({ name, kind: of }) => (
            <option key={name} value={name}>
              {of === 'kafka' ? 'Kafka' : 'Kinesis'}, through {name}
            </option>
          ))}
        </select>
      </div>
      {connection !== '' && (
        <Field
          label={kind === 'kinesis' ? 'Stream there' : 'Topic'}
          note="The name above unless given; it is made where there is none."
          error={error}
        >
          {(wiring) => (
            <input
              {...wiring}
              className="input"
              spellCheck={false}
              placeholder={values.name}
              value={topic}
              onChange={({ target }) => onChange({ ...values, topic: target.value })}
            />
          )}
        </Field>
      )}
    </>
  );
}

type PartProps = {
  readonly values: StreamValues;
  readonly set: (change: Partial<StreamValues>) => void;
  readonly error: ErrorBody | undefined;
};

function Retention({ values, set, error }: PartProps): ReactNode {
  return (
    <Amount
      label="Keep records for"
      note="At least; 7 days unless given."
      placeholder="7"
      error={error}
      value={values.age}
      onValue={(age) => set({ age })}
      unitLabel="Unit of the time"
      units={['minutes', 'hours', 'days']}
      unit={values.ageUnit}
      onUnit={(ageUnit) => set({ ageUnit })}
    />
  );
}

function Budget({ values, set, error }: PartProps): ReactNode {
  return (
    <Amount
      label="But at most"
      note="Of all partitions together; empty is as much as the disk holds."
      error={error}
      value={values.budget}
      onValue={(budget) => set({ budget })}
      unitLabel="Unit of the size"
      units={['MB', 'GB', 'TB']}
      unit={values.budgetUnit}
      onUnit={(budgetUnit) => set({ budgetUnit })}
    />
  );
}

/** A number and its unit. */
function Amount<Unit extends string>({
  label,
  note,
  placeholder,
  error,
  value,
  onValue,
  unitLabel,
  units,
  unit,
  onUnit,
}: {
  readonly label: string;
  readonly note: string;
  readonly placeholder?: string;
  readonly error: ErrorBody | undefined;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly unitLabel: string;
  readonly units: readonly Unit[];
  readonly unit: Unit;
  readonly onUnit: (unit: Unit) => void;
}): ReactNode {
  return (
    <Field label={label} note={note} error={error}>
      {(wiring) => (
        <span className="stream-form-pair">
          <input
            {...wiring}
            className="input"
            inputMode="decimal"
            pattern="[0-9]*[.]?[0-9]*"
            placeholder={placeholder}
            value={value}
            onChange={({ target }) => onValue(target.value)}
          />
          <select
            className="input"
            aria-label={unitLabel}
            value={unit}
            onChange={({ target }) => {
              const chosen = units.find((one) => one === target.value);
              if (chosen !== undefined) onUnit(chosen);
            }}
          >
            {units.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </span>
      )}
    </Field>
  );
}
