import { type ReactNode, useState } from 'react';
import type {
  ConnectionStreamsAnswer,
  StreamSummaryAnswer,
} from '../../../../server/discovery/discovery-answers.ts';
import { usePolled } from '../../../api/polled.ts';
import { Failure } from '../../../parts/failure.tsx';
import { bytes, count, rate } from '../../../text.ts';
import { Field } from '../../../parts/field.tsx';
import { connectionKey, type Kind } from '../draft/draft.ts';
import type { StepProps } from '../step-props.ts';
import { retentionText } from './cost.ts';
import { StreamDetails } from './stream-details.tsx';

const everyMs = 60_000;
const filteredFrom = 8;

/** The streams that the connection may see, one of which is chosen; or any other by its name. */
export function StreamChoice({
  connection,
  draft,
  change,
  goTo,
}: StepProps & { readonly connection: string }): ReactNode {
  const path = `/api/v1/connections/${encodeURIComponent(connection)}/streams`;
  const { value, error, again } = usePolled<ConnectionStreamsAnswer>(path, everyMs);
  const [wanted, setWanted] = useState('');
  const key = connectionKey(connection);
  const chosen = draft.streams[key];
  const word = draft.kind === 'kinesis' ? 'stream' : 'topic';
  const all = value?.streams ?? [];
  const shown = all.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
  const choose = (stream: string): void =>
    change((before) => ({ ...before, streams: { ...before.streams, [key]: stream } }));
  return (
    <>
      {error !== undefined && (
        <Failure error={error}>
          <button type="button" className="button" onClick={again}>
            Ask again
          </button>
        </Failure>
      )}
      {value === undefined && error === undefined && (
        <p className="quiet" role="status">
          Asking {connection} for its {word}s …
        </p>
      )}
      {all.length >= filteredFrom && (
        <input
          className="input connect-filter"
          type="search"
          aria-label={`Part of the name of a ${word}`}
          placeholder={`Find among ${count(all.length)} ${word}s`}
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
      )}
      {value !== undefined && all.length === 0 && (
        <p className="connect-words">
          Nothing can be seen through {connection}. Make a {word}, or name one below: who may not
          list {word}s may still read them.
        </p>
      )}
      {shown.length > 0 && (
        <StreamTable kind={draft.kind} streams={shown} chosen={chosen} onChoose={choose} />
      )}
      <ByName word={word} chosen={chosen} known={all} onChoose={choose} />
      {chosen !== undefined && (
        <>
          <StreamDetails key={chosen} connection={connection} stream={chosen} kind={draft.kind} />
          <div className="connect-actions">
            <button type="button" className="button main" onClick={() => goTo('what')}>
              Look at its events
            </button>
          </div>
        </>
      )}
    </>
  );
}

function StreamTable({
  kind,
  streams,
  chosen,
  onChoose,
}: {
  readonly kind: Kind;
  readonly streams: readonly StreamSummaryAnswer[];
  readonly chosen: string | undefined;
  readonly onChoose: (name: string) => void;
}): ReactNode {
  const isKinesis = kind === 'kinesis';
  return (
    <div
      className="table-scroll connect-list"
      role="region"
      aria-label="Streams to choose from"
      tabIndex={0}
    >
      <table className="table">
        <thead>
          <tr>
            <th>{isKinesis ? 'stream' : 'topic'}</th>
            <th className="number">{isKinesis ? 'shards' : 'partitions'}</th>
            <th className="number">events</th>
            <th className="number">traffic</th>
            <th className="number">size</th>
            <th className="number">kept</th>
          </tr>
        </thead>
        <tbody>
          {streams.map((one) => (
            <tr key={one.name} onClick={() => onChoose(one.name)}>
              <td className="wide">
                <label className="connect-choice">
                  <input
                    type="radio"
                    name="stream"
                    checked={one.name === chosen}
                    onChange={() => onChoose(one.name)}
                  />
                  <span className="connect-name" title={one.name}>
                    {one.name}
                  </span>
                </label>
              </td>
              <td className="number">{known(one.partitions, count)}</td>
              <td className="number">{known(one.records_per_second, rate)}</td>
              <td className="number">
                {known(one.bytes_per_second, (value) => `${bytes(value)}/s`)}
              </td>
              <td className="number">{known(one.bytes, bytes)}</td>
              <td className="number">{retentionText(one.retention_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function known(value: number | undefined, write: (value: number) => string): string {
  return value === undefined ? '–' : write(value);
}

function ByName({
  word,
  chosen,
  known: streams,
  onChoose,
}: {
  readonly word: string;
  readonly chosen: string | undefined;
  readonly known: readonly StreamSummaryAnswer[];
  readonly onChoose: (name: string) => void;
}): ReactNode {
  const isOther = chosen !== undefined && !streams.some(({ name }) => name === chosen);
  const [typed, setTyped] = useState(isOther ? chosen : '');
  return (
    <form
      className="connect-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() !== '') onChoose(typed.trim());
      }}
    >
      <Field
        label={`Another ${word}`}
        note={word === 'stream' ? 'By its name, or its ARN.' : 'By its name.'}
        isWide
      >
        {(ids) => (
          <span className="connect-join">
            <input
              {...ids}
              className="input code"
              value={typed}
              spellCheck={false}
              onChange={(event) => setTyped(event.target.value)}
            />
            <button type="submit" className="button" disabled={typed.trim() === ''}>
              Choose
            </button>
          </span>
        )}
      </Field>
    </form>
  );
}
