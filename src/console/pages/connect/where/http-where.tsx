import { type ReactNode, useId, useState } from 'react';
import type { ErrorBody, StreamListAnswer } from '../../../../server/api.ts';
import { usePolled } from '../../../api/polled.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { Failure } from '../../../parts/failure.tsx';
import { Field } from '../../../parts/field.tsx';
import { fieldOf, withField } from '../draft/draft.ts';
import type { StepProps } from '../step-props.ts';

const path = '/api/v1/streams';
const everyMs = 5000;

/** A stream of Helios's own: one that is there, or a new one. */
export function HttpWhere({ draft, change, goTo }: StepProps): ReactNode {
  const streams = usePolled<StreamListAnswer>(path, everyMs);
  const [error, setError] = useState<ErrorBody>();
  const list = useId();
  const names = streams.value?.streams.map(({ name }) => name) ?? [];
  const typed = fieldOf(draft, 'stream');
  const name = typed.trim() === '' ? 'events' : typed.trim();
  const isThere = names.includes(name);
  const choose = async (): Promise<void> => {
    try {
      if (!isThere) await request(path, { body: { name } });
      change((before) => ({ ...before, streams: { ...before.streams, http: name } }));
      goTo('which');
    } catch (thrown) {
      setError(errorBodyOf(thrown));
    }
  };
  return (
    <>
      <p className="connect-words">
        Programs send events as JSON to an address of Helios, which answers once they are safe on
        disk. Each stream has an address of its own.
      </p>
      <div className="connect-form">
        <Field label="Stream" note={isThere ? 'It is there already.' : 'It will be made.'}>
          {(ids) => (
            <input
              {...ids}
              className="input code"
              list={list}
              value={typed}
              placeholder="events"
              spellCheck={false}
              onChange={(event) => {
                const { value } = event.target;
                change((before) => withField(before, 'stream', value));
              }}
            />
          )}
        </Field>
        <datalist id={list}>
          {names.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </div>
      {streams.error !== undefined && <Failure error={streams.error} />}
      {error !== undefined && <Failure error={error} />}
      <div className="connect-actions">
        <button type="button" className="button main" onClick={() => void choose()}>
          {isThere ? `Use ${name}` : `Make ${name}`}
        </button>
      </div>
    </>
  );
}
