import { type ReactNode, useState } from 'react';
import type { ConnectionAnswer, ConnectionListAnswer, ErrorBody } from '../../../../server/api.ts';
import { usePolled } from '../../../api/polled.ts';
import { ApiError, errorBodyOf, request } from '../../../api/request.ts';
import { Failure } from '../../../parts/failure.tsx';
import { Field } from '../../../parts/field.tsx';
import { fieldOf, withField } from '../draft/draft.ts';
import type { StepProps } from '../step-props.ts';
import { AddressForm } from './address-form.tsx';
import { type AddressKind, addressOptions } from './address.ts';
import { inFieldWords } from './field-words.ts';
import { KeptConnections } from './kept-connections.tsx';
import { TestSteps } from './test-steps.tsx';
import { useConnectionTest } from './use-test.ts';

const everyMs = 10_000;
const path = '/api/v1/connections';

/** A connection that is kept already, or a new one: tried, and kept under a name. */
export function BrokerWhere(props: StepProps & { readonly kind: AddressKind }): ReactNode {
  const { kind, draft, change } = props;
  const kept = usePolled<ConnectionListAnswer>(path, everyMs);
  const storedKind = kind === 'kinesis' ? 'kinesis' : 'kafka';
  const all = kept.value?.connections ?? [];
  const those = all.filter((one) => one.kind === storedKind);
  const chosen = those.find(({ name }) => name === draft.connections[kind]);
  const isNew = chosen === undefined || chosen.name === draft.made[kind]?.name;
  const choose = (name: string | undefined): void =>
    change((before) => ({ ...before, connections: withName(before.connections, kind, name) }));
  return (
    <>
      {kept.error !== undefined && <Failure error={kept.error} />}
      <KeptConnections
        connections={those.filter(({ name }) => name !== draft.made[kind]?.name)}
        chosen={isNew ? undefined : chosen.name}
        onChoose={choose}
      />
      {isNew ? (
        <NewConnection {...props} all={all} onKept={kept.again} />
      ) : (
        <KeptConnection name={chosen.name} goOn={() => props.goTo('which')} />
      )}
    </>
  );
}

function withName(
  names: Readonly<Record<string, string>>,
  kind: string,
  name: string | undefined,
): Readonly<Record<string, string>> {
  const { [kind]: _, ...others } = names;
  return name === undefined ? others : { ...others, [kind]: name };
}

function KeptConnection({
  name,
  goOn,
}: {
  readonly name: string;
  readonly goOn: () => void;
}): ReactNode {
  const { test, start } = useConnectionTest();
  const testPath = `${path}/${encodeURIComponent(name)}/test`;
  return (
    <>
      {test?.of === name && <TestSteps test={test} />}
      <div className="connect-actions">
        <button type="button" className="button" onClick={() => start(name, testPath, {})}>
          {test?.of === name && test.isRunning ? 'Test from the beginning' : 'Test'}
        </button>
        <button type="button" className="button main" onClick={goOn}>
          Choose a stream
        </button>
      </div>
    </>
  );
}

type NewProps = StepProps & {
  readonly kind: AddressKind;
  readonly all: readonly ConnectionAnswer[];
  readonly onKept: () => void;
};

function NewConnection({ kind, draft, change, goTo, all, onKept }: NewProps): ReactNode {
  const { test, start } = useConnectionTest();
  const [error, setError] = useState<ErrorBody>();
  const inWords = (words: string): string => inFieldWords(kind, words);
  const made = draft.made[kind];
  const options = addressOptions(kind, (name) => fieldOf(draft, name));
  const settings = JSON.stringify({ kind, options });
  const usual = freeName(kind, all, made?.name);
  const typed = fieldOf(draft, 'name');
  const name = typed.trim() === '' ? usual : typed.trim();
  const keep = async (): Promise<void> => {
    try {
      if (made?.name !== name || made.settings !== settings) {
        if (made !== undefined) await forget(made.name);
        await request(path, { body: { name, kind, options } });
      }
      change((before) => ({
        ...before,
        made: { ...before.made, [kind]: { name, settings } },
        connections: withName(before.connections, kind, name),
      }));
      onKept();
      goTo('which');
    } catch (thrown) {
      setError(errorBodyOf(thrown));
    }
  };
  return (
    <>
      <AddressForm kind={kind} draft={draft} change={change} />
      <div className="connect-actions">
        <button
          type="button"
          className="button"
          onClick={() => start(settings, `${path}/test`, JSON.parse(settings))}
        >
          {test?.of === settings && test.isRunning ? 'Test from the beginning' : 'Test'}
        </button>
        <span className="quiet">Looks at each step of the way; nothing is kept yet.</span>
      </div>
      {test?.of === settings && <TestSteps test={test} inWords={inWords} />}
      <NameField
        typed={typed}
        usual={usual}
        onChange={(value) => change((before) => withField(before, 'name', value))}
      />
      {error !== undefined && <Failure error={error} inWords={inWords} />}
      <div className="connect-actions">
        <button type="button" className="button main" onClick={() => void keep()}>
          Keep {name} and choose a stream
        </button>
      </div>
    </>
  );
}

function NameField({
  typed,
  usual,
  onChange,
}: {
  readonly typed: string;
  readonly usual: string;
  readonly onChange: (value: string) => void;
}): ReactNode {
  return (
    <div className="connect-form">
      <Field label="Name of the connection" note="Pipelines refer to it by this name.">
        {(ids) => (
          <input
            {...ids}
            className="input code"
            value={typed}
            placeholder={usual}
            spellCheck={false}
            onChange={(event) => onChange(event.target.value)}
          />
        )}
      </Field>
    </div>
  );
}

/** A connection that was kept here before, with other settings; in use, it stays. */
async function forget(name: string): Promise<void> {
  try {
    await request(`${path}/${encodeURIComponent(name)}`, { method: 'DELETE' });
  } catch (thrown) {
    const isGone = thrown instanceof ApiError && thrown.body.code === 'not_found';
    const isUsed = thrown instanceof ApiError && thrown.body.code === 'conflict';
    if (!isGone && !isUsed) throw thrown;
  }
}

function freeName(
  wanted: string,
  all: readonly ConnectionAnswer[],
  own: string | undefined,
): string {
  if (own !== undefined) return own;
  const taken = new Set(all.map(({ name }) => name.toLowerCase()));
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}_${number}`;
  return name;
}
