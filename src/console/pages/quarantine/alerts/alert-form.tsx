import { type ReactNode, useState } from 'react';
import type { AlertAnswer, AlertTestAnswer } from '../../../../server/alerts/alerts-api.ts';
import type { ErrorBody } from '../../../../server/api.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { useLivePipelines } from '../../../api/use-live.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { DialogButtons } from '../../../parts/dialog-buttons.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { Field } from '../../../parts/field.tsx';
import { elapsed } from '../../../text.ts';
import {
  type AlertValues,
  bodyOf,
  isLiteral,
  isWhole,
  noValues,
  valuesOf,
} from './alert-values.ts';

/** Makes an alert, or changes one. */
export function AlertForm({
  alert,
  onSaved,
  onClose,
}: {
  /** Undefined makes a new one. */
  readonly alert: AlertAnswer | undefined;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}): ReactNode {
  const [values, setValues] = useState(alert === undefined ? noValues : valuesOf(alert));
  const [error, setError] = useState<ErrorBody>();
  const [isBusy, setBusy] = useState(false);
  const change = (more: Partial<AlertValues>): void => setValues({ ...values, ...more });
  const save = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    const path = `/api/v1/alerts/${encodeURIComponent(values.name.trim())}`;
    try {
      await request(path, { method: 'PUT', body: bodyOf(values), version: alert?.version });
      onSaved();
    } catch (thrown) {
      setError(errorBodyOf(thrown));
      setBusy(false);
    }
  };
  return (
    <Dialog title={alert === undefined ? 'New alert' : `Alert ${alert.name}`} onClose={onClose}>
      <form
        className="quarantine-alert-form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {alert === undefined && (
          <Field label="Name">
            {(wiring) => (
              <input
                {...wiring}
                className="input"
                autoComplete="off"
                value={values.name}
                onChange={(event) => change({ name: event.target.value })}
              />
            )}
          </Field>
        )}
        <RuleFields values={values} onChange={change} />
        <Trial values={values} />
        {error !== undefined && <Failure error={error} />}
        <DialogButtons
          action={alert === undefined ? 'Create alert' : 'Save alert'}
          isDisabled={isBusy || !isWhole(values)}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

function RuleFields({
  values,
  onChange,
}: {
  readonly values: AlertValues;
  readonly onChange: (more: Partial<AlertValues>) => void;
}): ReactNode {
  const names = (useLivePipelines() ?? []).map(({ name }) => name).toSorted();
  const { pipeline } = values;
  const known = pipeline === '' || names.includes(pipeline) ? names : [pipeline, ...names];
  return (
    <>
      <Field label="Pipeline" note="Each pipeline is watched, and told, by itself.">
        {(wiring) => (
          <select
            {...wiring}
            className="input"
            value={pipeline}
            onChange={(event) => onChange({ pipeline: event.target.value })}
          >
            <option value="">each pipeline</option>
            {known.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className="quarantine-numbers">
        <NumberField
          label="Above"
          note="% of the records read"
          value={values.share}
          onChange={(share) => onChange({ share })}
        />
        <NumberField
          label="Within"
          note="minutes, 1 to 60"
          value={values.minutes}
          onChange={(minutes) => onChange({ minutes })}
        />
        <NumberField
          label="Of at least"
          note="records read"
          value={values.records}
          onChange={(records) => onChange({ records })}
        />
      </div>
      <Field label="Webhook" note={addressNote(values.url)}>
        {(wiring) => (
          <input
            {...wiring}
            className="input code"
            autoComplete="off"
            spellCheck={false}
            placeholder="env:ALERT_URL"
            value={values.url}
            onChange={(event) => onChange({ url: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}

function NumberField({
  label,
  note,
  value,
  onChange,
}: {
  readonly label: string;
  readonly note: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): ReactNode {
  return (
    <Field label={label} note={note}>
      {(wiring) => (
        <input
          {...wiring}
          className="input"
          inputMode="decimal"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

function addressNote(url: string): string {
  return isLiteral(url)
    ? 'Kept and shown as it is. Where it has a secret in it, write env:NAME or file:PATH instead.'
    : 'It is sent JSON by POST. Write an http or https address, or where one is kept: env:NAME, ' +
        'file:PATH, ssm:/path.';
}

/** Sends an example to the address, before anything is kept. */
function Trial({ values }: { readonly values: AlertValues }): ReactNode {
  const [state, setState] = useState<'ready' | 'sending' | AlertTestAnswer | { error: ErrorBody }>(
    'ready',
  );
  const send = (): void => {
    setState('sending');
    request<AlertTestAnswer>('/api/v1/alerts/test', { body: bodyOf(values) }).then(
      setState,
      (thrown: unknown) => setState({ error: errorBodyOf(thrown) }),
    );
  };
  const taken = typeof state === 'object' && 'status' in state ? state : undefined;
  return (
    <div className="quarantine-try">
      <button
        type="button"
        className="button"
        disabled={state === 'sending' || values.url.trim() === ''}
        onClick={send}
      >
        {state === 'sending' ? 'Sending…' : 'Send an example'}
      </button>
      <span role="status" className="quiet">
        {taken !== undefined && `It answered ${taken.status} after ${elapsed(taken.ms)}.`}
      </span>
      {typeof state === 'object' && 'error' in state && <Failure error={state.error} />}
    </div>
  );
}
