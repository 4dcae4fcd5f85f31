import { type ReactNode, useEffect, useId, useState } from 'react';
import type { StreamListAnswer, TableListAnswer } from '../../../../server/api.ts';
import { request } from '../../../api/request.ts';
import { Icon } from '../../../parts/icon.tsx';
import type { Grant, TokenValues } from './token-values.ts';

/** What a token may do: one of three kinds of person, or single streams and tables. */
export function ScopePicker({
  values,
  onChange,
}: {
  readonly values: TokenValues;
  readonly onChange: (more: Partial<TokenValues>) => void;
}): ReactNode {
  const name = useId();
  return (
    <fieldset className="settings-token-scopes-field">
      <legend>It may</legend>
      {choices.map(({ may, title, note }) => (
        <label key={may}>
          <input
            type="radio"
            name={name}
            checked={values.may === may}
            onChange={() => onChange({ may })}
          />
          <span>
            {title} <span className="quiet">{note}</span>
          </span>
        </label>
      ))}
      {values.may === 'grants' && (
        <Grants grants={values.grants} onChange={(grants) => onChange({ grants })} />
      )}
    </fieldset>
  );
}

const choices: readonly {
  readonly may: TokenValues['may'];
  readonly title: string;
  readonly note: string;
}[] = [
  { may: 'admin', title: 'admin', note: 'everything, tokens as well' },
  { may: 'console', title: 'console', note: 'ask, and keep queries and dashboards' },
  { may: 'read-only', title: 'read-only', note: 'ask, and look at everything' },
  { may: 'grants', title: 'only', note: 'send to these streams, query these tables' },
];

function Grants({
  grants,
  onChange,
}: {
  readonly grants: readonly Grant[];
  readonly onChange: (grants: readonly Grant[]) => void;
}): ReactNode {
  const names = useNames();
  const id = useId();
  const replace = (at: number, grant: Grant): void => onChange(grants.with(at, grant));
  return (
    <div className="settings-grants">
      {grants.map((grant, at) => (
        // Rows have no name of their own; they are only ever added at the end.
        <GrantRow
          key={`${id}-${at}`}
          grant={grant}
          names={grant.kind === 'ingest' ? names.streams : names.tables}
          onChange={(changed) => replace(at, changed)}
          onRemove={
            grants.length === 1 ? undefined : () => onChange(grants.filter((one) => one !== grant))
          }
        />
      ))}
      <button
        type="button"
        className="button"
        onClick={() => onChange([...grants, { kind: 'ingest', name: '' }])}
      >
        <Icon name="plus" /> Another
      </button>
    </div>
  );
}

function GrantRow({
  grant: { kind, name },
  names,
  onChange,
  onRemove,
}: {
  readonly grant: Grant;
  readonly names: readonly string[];
  readonly onChange: (grant: Grant) => void;
  readonly onRemove: (() => void) | undefined;
}): ReactNode {
  const listId = useId();
  const what = kind === 'ingest' ? 'stream' : 'table';
  return (
    <div className="settings-grant">
      <select
        className="input"
        aria-label="What it may do"
        value={kind}
        onChange={({ target }) =>
          onChange({ kind: target.value === 'query' ? 'query' : 'ingest', name: '' })
        }
      >
        <option value="ingest">send to</option>
        <option value="query">query</option>
      </select>
      <input
        className="input code"
        aria-label={`Name of the ${what}`}
        placeholder={`${what}, or * for each`}
        list={listId}
        autoComplete="off"
        spellCheck={false}
        value={name}
        onChange={({ target }) => onChange({ kind, name: target.value })}
      />
      <datalist id={listId}>
        {names.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      {onRemove !== undefined && (
        <button
          type="button"
          className="button plain"
          aria-label={`Remove the ${what} ${name}`}
          onClick={onRemove}
        >
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}

type Names = { readonly streams: readonly string[]; readonly tables: readonly string[] };

/** What there is, to choose from; a name may be typed before there is something of it. */
function useNames(): Names {
  const [names, setNames] = useState<Names>({ streams: [], tables: [] });
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const asked = Promise.allSettled([
      request<StreamListAnswer>('/api/v1/streams', { signal }),
      request<TableListAnswer>('/api/v1/tables', { signal }),
    ]);
    void asked.then(([streams, tables]) => {
      if (signal.aborted) return;
      setNames({
        streams: streams.status === 'fulfilled' ? streams.value.streams.map(nameOf) : [],
        tables: tables.status === 'fulfilled' ? tables.value.tables.map(nameOf) : [],
      });
    });
    return () => stop.abort();
  }, []);
  return names;
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}
