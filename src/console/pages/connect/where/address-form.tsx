import type { ReactNode } from 'react';
import { Field } from '../../../parts/field.tsx';
import { fieldOf, withField } from '../draft/draft.ts';
import type { StepProps } from '../step-props.ts';
import { type AddressField, addressFields, type AddressKind, oddLines } from './address.ts';
import { isReference } from './secret-field.ts';

/** Where a cluster or an account is, and who may come in. */
export function AddressForm({
  kind,
  draft,
  change,
}: Pick<StepProps, 'draft' | 'change'> & { readonly kind: AddressKind }): ReactNode {
  const valueOf = (name: string): string => fieldOf(draft, name);
  const odd = oddLines(valueOf('more'));
  return (
    <>
      <div className="connect-form">
        {addressFields(kind, valueOf).map((field) => (
          <AddressInput
            key={field.name}
            field={field}
            value={valueOf(field.name)}
            onChange={(value) => change((before) => withField(before, field.name, value))}
          />
        ))}
      </div>
      {odd.length > 0 && (
        <p className="state bad" role="alert">
          Not written as option = value: {odd.join(' · ')}
        </p>
      )}
    </>
  );
}

function AddressInput({
  field,
  value,
  onChange,
}: {
  readonly field: AddressField;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): ReactNode {
  const { label, choices, example, isLong = false, isSecret = false, name } = field;
  const about = isSecret ? <SecretWords value={value} /> : field.about;
  const shared = { className: 'input code', value, placeholder: example };
  return (
    <Field label={label} note={about} isWide={isLong}>
      {(ids) => {
        if (choices !== undefined) {
          return (
            <select
              {...ids}
              className="input"
              value={value === '' ? choices[0]?.value : value}
              onChange={(event) => onChange(event.target.value)}
            >
              {choices.map((choice) => (
                <option key={choice.value} value={choice.value}>
                  {choice.label}
                </option>
              ))}
            </select>
          );
        }
        if (name === 'more') {
          return (
            <textarea
              {...ids}
              {...shared}
              rows={2}
              spellCheck={false}
              onChange={(event) => onChange(event.target.value)}
            />
          );
        }
        return (
          <input
            {...ids}
            {...shared}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => onChange(event.target.value)}
          />
        );
      }}
    </Field>
  );
}

function SecretWords({ value }: { readonly value: string }): ReactNode {
  const isPlain = value.trim() !== '' && !isReference(value);
  return (
    <>
      {isPlain && <strong>This looks like the secret itself, and would be refused. </strong>}
      The place of the secret, read where Helios runs: <code>env:NAME</code>,{' '}
      <code>file:/path</code>, <code>ssm:/path</code> or <code>secretsmanager:id#key</code>.
    </>
  );
}
