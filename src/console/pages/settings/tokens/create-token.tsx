import { type ReactNode, type SyntheticEvent, useState } from 'react';
import type { NewTokenAnswer } from '../../../../server/access/access-api.ts';
import type { ErrorBody } from '../../../../server/api.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { serverNowMs } from '../../../clock.ts';
import { DialogButtons } from '../../../parts/dialog-buttons.tsx';
import { Dialog } from '../../../parts/dialog.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { Field } from '../../../parts/field.tsx';
import { ScopePicker } from './scope-picker.tsx';
import { bodyOf, isWhole, mayServePages, noValues, type TokenValues } from './token-values.ts';

/** Makes a token for a person or a program. */
export function CreateToken({
  onMade,
  onClose,
}: {
  readonly onMade: (made: NewTokenAnswer) => void;
  readonly onClose: () => void;
}): ReactNode {
  const [values, setValues] = useState(noValues);
  const [error, setError] = useState<ErrorBody>();
  const [isBusy, setBusy] = useState(false);
  const change = (more: Partial<TokenValues>): void => setValues({ ...values, ...more });
  const create = (event: SyntheticEvent): void => {
    event.preventDefault();
    setBusy(true);
    const body = bodyOf(values, serverNowMs());
    request<NewTokenAnswer>('/api/v1/tokens', { body }).then(onMade, (thrown: unknown) => {
      setError(errorBodyOf(thrown));
      setBusy(false);
    });
  };
  return (
    <Dialog title="New token" onClose={onClose}>
      <form className="settings-token-form" onSubmit={create}>
        <Field label="Name" note="Whose it is, or which program’s: the audit log shows it.">
          {(wiring) => (
            <input
              {...wiring}
              className="input"
              autoComplete="off"
              spellCheck={false}
              value={values.name}
              onChange={({ target }) => change({ name: target.value })}
            />
          )}
        </Field>
        <ScopePicker values={values} onChange={change} />
        <Limits values={values} onChange={change} />
        {error !== undefined && <Failure error={error} />}
        <DialogButtons
          action="Create token"
          isDisabled={isBusy || !isWhole(values)}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

function Limits({
  values,
  onChange,
}: {
  readonly values: TokenValues;
  readonly onChange: (more: Partial<TokenValues>) => void;
}): ReactNode {
  return (
    <>
      {mayServePages(values) && (
        <Field
          label="Web pages that may post with it"
          note="Origins such as https://shop.example, one a line. Empty: programs alone."
        >
          {(wiring) => (
            <textarea
              {...wiring}
              className="input code"
              rows={2}
              spellCheck={false}
              value={values.origins}
              onChange={({ target }) => onChange({ origins: target.value })}
            />
          )}
        </Field>
      )}
      <div className="settings-token-limits">
        <Field label="Expires">
          {(wiring) => (
            <select
              {...wiring}
              className="input"
              value={values.days}
              onChange={({ target }) => onChange({ days: target.value })}
            >
              <option value="1">in a day</option>
              <option value="7">in a week</option>
              <option value="30">in 30 days</option>
              <option value="90">in 90 days</option>
              <option value="365">in a year</option>
              <option value="">never</option>
            </select>
          )}
        </Field>
        <Field label="Requests a second, at most" note="Empty: as many as the machine takes.">
          {(wiring) => (
            <input
              {...wiring}
              className="input"
              inputMode="decimal"
              autoComplete="off"
              value={values.rate}
              onChange={({ target }) => onChange({ rate: target.value })}
            />
          )}
        </Field>
      </div>
    </>
  );
}
