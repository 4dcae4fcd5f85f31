import { type ReactNode, useRef, useState } from 'react';
import type { PreviewBody } from '../../../../server/api.ts';
import { CodeField } from '../../../editor/script/code-field.tsx';
import { type Checked, useValidation } from '../../../editor/script/use-validation.ts';
import { Failure } from '../../../parts/failure.tsx';
import { Catalog } from './catalog.tsx';
import { PreviewView } from './preview-view.tsx';
import { usePreview } from './use-preview.ts';
import './edit.css';

type Input = NonNullable<PreviewBody['input']>;

/** A script beside what it would make: its tables' columns, and rows of real records. */
export function ScriptEditor({
  sql,
  onChange,
}: {
  readonly sql: string;
  readonly onChange: (sql: string) => void;
}): ReactNode {
  const checked = useValidation(sql);
  const run = usePreview();
  const [input, setInput] = useState<Input>('history');
  const { insert, onReady } = useInsertion();
  const errors = checked?.answer?.valid === false ? checked.answer.errors : [];
  const tables = checked?.answer?.valid === true ? checked.answer.sinks : [];
  const isValid = checked?.sql === sql && checked.answer?.valid === true;
  return (
    <div className="edit-columns">
      <Catalog
        onInsert={insert}
        onDraft={(text) => insert(sql.trim() === '' ? text : `\n${text}`)}
      />
      <div className="edit-main">
        <CodeField
          sql={sql}
          errors={errors}
          tables={tables}
          onReady={onReady}
          onChange={onChange}
          onRun={() => run.start(sql, input)}
        />
      </div>
      <div className="edit-side">
        {checked?.error !== undefined && <Failure error={checked.error} />}
        <SinkColumns checked={checked} />
        <div className="edit-try" role="group" aria-label="Preview">
          <button
            type="button"
            className="button"
            disabled={!isValid && !run.isRunning}
            onClick={() => (run.isRunning ? run.stop() : run.start(sql, input))}
          >
            {run.isRunning ? 'Cancel' : 'Preview'}
          </button>
          <label>
            <span className="quiet">over </span>
            <select
              className="input"
              value={input}
              onChange={(event) => setInput(event.target.value === 'live' ? 'live' : 'history')}
            >
              <option value="history">records that are there</option>
              <option value="live">what arrives from now on</option>
            </select>
          </label>
        </div>
        {run.preview !== undefined && (
          <PreviewView
            preview={run.preview}
            isRunning={run.isRunning}
            isOfOtherText={run.sql !== sql}
          />
        )}
      </div>
    </div>
  );
}

type Insert = (text: string) => void;

/** Writes at the cursor; what comes before the editor is there waits for it. */
function useInsertion(): { readonly insert: Insert; readonly onReady: (put: Insert) => void } {
  const put = useRef<Insert>(undefined);
  const waiting = useRef<string[]>([]);
  return useRef({
    insert: (text: string) => {
      if (put.current === undefined) waiting.current.push(text);
      else put.current(text);
    },
    onReady: (now: Insert) => {
      put.current = now;
      for (const text of waiting.current.splice(0)) now(text);
    },
  }).current;
}

/** The columns that the script's tables will have, as far as it is right. */
function SinkColumns({ checked }: { readonly checked: Checked | undefined }): ReactNode {
  const answer = checked?.answer;
  if (answer === undefined) return <p className="quiet">Its tables’ columns appear here.</p>;
  if (!answer.valid) {
    const { length } = answer.errors;
    return (
      <p className="state bad" role="status">
        <span className="mark" aria-hidden="true">
          ✕
        </span>
        {length === 1 ? 'One error' : `${length} errors`}
      </p>
    );
  }
  return (
    <>
      {answer.sinks.map(({ name, columns }) => (
        <details key={name} className="edit-sink" open={answer.sinks.length === 1}>
          <summary>
            <strong>{name}</strong> <span className="quiet">{columns.length} columns</span>
          </summary>
          <dl>
            {columns.map((column) => (
              <div key={column.name}>
                <dt>{column.name}</dt>
                <dd>{column.type}</dd>
              </div>
            ))}
          </dl>
        </details>
      ))}
    </>
  );
}
