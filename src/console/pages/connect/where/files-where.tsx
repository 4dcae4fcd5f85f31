import type { ReactNode } from 'react';
import { Field } from '../../../parts/field.tsx';
import { fieldOf, withField } from '../draft/draft.ts';
import type { StepProps } from '../step-props.ts';

const ways = [
  {
    value: 'attach',
    title: 'Ask it where it is',
    about: 'Attached read only: nothing is copied, and what others add to it is seen.',
  },
  {
    value: 'pipeline',
    title: 'Read it into a table',
    about: 'A pipeline reads lines of JSON once, and rejects those that don’t fit.',
  },
] as const;

/** A path, and whether it is asked where it is or read into a table. */
export function FilesWhere({ draft, change, goTo }: StepProps): ReactNode {
  const path = fieldOf(draft, 'path').trim();
  const how = fieldOf(draft, 'how') || 'attach';
  const goOn = (): void => {
    change((before) => ({ ...before, streams: { ...before.streams, files: path } }));
    goTo(how === 'attach' ? 'start' : 'what');
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        goOn();
      }}
    >
      <div className="connect-form">
        <Field
          label="Path or address"
          note={
            <>
              Of a file or a folder, as the machine sees it that Helios runs on; or{' '}
              <code>s3://bucket/folder</code>, at another store than Amazon’s{' '}
              <code>s3::http://host:9000/bucket/folder</code>.
            </>
          }
          isWide
        >
          {(ids) => (
            <input
              {...ids}
              className="input code"
              required
              value={fieldOf(draft, 'path')}
              placeholder="/data/orders.ndjson"
              spellCheck={false}
              onChange={(event) => {
                const { value } = event.target;
                change((before) => withField(before, 'path', value));
              }}
            />
          )}
        </Field>
      </div>
      <fieldset className="connect-kept">
        <legend>What to do with it</legend>
        {ways.map(({ value, title, about }) => (
          <label key={value}>
            <input
              type="radio"
              name="how"
              checked={value === how}
              onChange={() => change((before) => withField(before, 'how', value))}
            />
            <span>
              {title}
              <span className="quiet connect-about">{about}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <div className="connect-actions">
        <button type="submit" className="button main" disabled={path === ''}>
          {how === 'attach' ? 'Name it' : 'Look at its lines'}
        </button>
      </div>
    </form>
  );
}
