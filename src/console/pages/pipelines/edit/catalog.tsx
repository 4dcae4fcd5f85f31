import { type ReactNode, useState } from 'react';
import type {
  ConnectionListAnswer,
  ErrorBody,
  StreamListAnswer,
  TableListAnswer,
} from '../../../../server/api.ts';
import type {
  ConnectionStreamsAnswer,
  InferAnswerDocument,
} from '../../../../server/discovery/discovery-answers.ts';
import { usePolled } from '../../../api/polled.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { sqlName, sqlTableName } from '../../../editor/sql-text.ts';
import { Failure } from '../../../parts/failure.tsx';
import { count } from '../../../text.ts';
import { nameFrom } from '../../connect/draft/draft.ts';

const everyMs = 10_000;
const shownMax = 100;

type Insert = (text: string) => void;

/** What a script can read and what there is already; what is chosen is written at the cursor. */
export function Catalog({
  onInsert,
  onDraft,
}: {
  readonly onInsert: Insert;
  /** Given statements that stand by themselves. */
  readonly onDraft: Insert;
}): ReactNode {
  const streams = usePolled<StreamListAnswer>('/api/v1/streams', everyMs);
  const connections = usePolled<ConnectionListAnswer>('/api/v1/connections', everyMs);
  const { draft, drafting, error } = useDrafting(onDraft);
  const own = streams.value?.streams ?? [];
  return (
    <details className="edit-catalog" open={window.innerWidth > narrowPixels}>
      <summary>
        <h2>Catalog</h2>
      </summary>
      {error !== undefined && <Failure error={error} />}
      <section aria-label="Streams">
        <h3>Streams</h3>
        {streams.value !== undefined && own.length === 0 && (
          <p className="quiet">None yet: send an event, and there is one.</p>
        )}
        <ul>
          {own.slice(0, shownMax).map(({ name }) => (
            <DraftRow
              key={name}
              name={name}
              isBusy={drafting === name}
              onDraft={() => draft(name, `/api/v1/streams/${encodeURIComponent(name)}`)}
            />
          ))}
        </ul>
      </section>
      {connections.value?.connections.map(({ name }) => (
        <ConnectionStreams key={name} connection={name} drafting={drafting} draft={draft} />
      ))}
      <Tables onInsert={onInsert} />
    </details>
  );
}

/** As in the rules of its style. */
const narrowPixels = 1100;

type Drafting = {
  readonly draft: (stream: string, path: string) => void;
  /** The stream that is looked at. */
  readonly drafting: string | undefined;
  readonly error: ErrorBody | undefined;
};

/** Has the server look at a stream, and writes the script that would keep its events. */
function useDrafting(onDraft: Insert): Drafting {
  const [drafting, setDrafting] = useState<string>();
  const [error, setError] = useState<ErrorBody>();
  const run = async (stream: string, path: string): Promise<void> => {
    setDrafting(stream);
    setError(undefined);
    try {
      const body = { table: nameFrom(stream), count: sampleCount };
      const { sql } = await request<InferAnswerDocument>(`${path}/infer`, { body });
      onDraft(sql);
    } catch (thrown) {
      setError(errorBodyOf(thrown));
    }
    setDrafting(undefined);
  };
  return { draft: (stream, path) => void run(stream, path), drafting, error };
}

const sampleCount = 200;

function DraftRow({
  name,
  isBusy,
  onDraft,
}: {
  readonly name: string;
  readonly isBusy: boolean;
  readonly onDraft: () => void;
}): ReactNode {
  return (
    <li className="edit-catalog-row">
      <span className="name" title={name}>
        {name}
      </span>
      <button
        type="button"
        className="button plain"
        title="Writes a script that keeps its events, with columns as its records have them"
        disabled={isBusy}
        onClick={onDraft}
      >
        {isBusy ? 'Looking…' : 'Draft'}
        <span className="visually-hidden"> a script for {name}</span>
      </button>
    </li>
  );
}

/** The streams that a connection sees; asked for when they are wanted. */
function ConnectionStreams({
  connection,
  drafting,
  draft,
}: Omit<Drafting, 'error'> & { readonly connection: string }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className="edit-catalog-part"
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>
        <span className="quiet">through</span> {connection}
      </summary>
      {isOpen && <SeenStreams {...{ connection, drafting, draft }} />}
    </details>
  );
}

function SeenStreams({
  connection,
  drafting,
  draft,
}: Omit<Drafting, 'error'> & { readonly connection: string }): ReactNode {
  const path = `/api/v1/connections/${encodeURIComponent(connection)}/streams`;
  const { value, error } = usePolled<ConnectionStreamsAnswer>(path, streamsEveryMs);
  const all = value?.streams ?? [];
  return (
    <>
      {error !== undefined && <Failure error={error} />}
      {value === undefined && error === undefined && <p className="quiet">Asking …</p>}
      {value !== undefined && all.length === 0 && <p className="quiet">None is seen.</p>}
      <ul>
        {all.slice(0, shownMax).map(({ name }) => (
          <DraftRow
            key={name}
            name={name}
            isBusy={drafting === name}
            onDraft={() => draft(name, `${path}/${encodeURIComponent(name)}`)}
          />
        ))}
      </ul>
      {all.length > shownMax && <p className="quiet">The first {count(shownMax)} are shown.</p>}
    </>
  );
}

/** Listing costs requests of a service that somebody else pays for. */
const streamsEveryMs = 60_000;

/** Tables that are there; a name or a column is written as it must be. */
function Tables({ onInsert }: { readonly onInsert: Insert }): ReactNode {
  const { value } = usePolled<TableListAnswer>('/api/v1/tables', everyMs);
  const own = (value?.tables ?? []).filter(({ kind }) => kind !== 'system');
  if (own.length === 0) return null;
  return (
    <section aria-label="Tables">
      <h3>Tables</h3>
      {own.slice(0, shownMax).map(({ name, columns }) => (
        <details key={name} className="edit-catalog-part">
          <summary>{name}</summary>
          <ul>
            <li>
              <button
                type="button"
                className="edit-catalog-word"
                onClick={() => onInsert(sqlTableName(name))}
              >
                <span className="quiet">write its name</span>
              </button>
            </li>
            {columns.slice(0, shownMax).map((column) => (
              <li key={column.name}>
                <button
                  type="button"
                  className="edit-catalog-word"
                  onClick={() => onInsert(sqlName(column.name))}
                >
                  <span className="name">{column.name}</span>
                  <span className="quiet">{column.type.toLowerCase()}</span>
                </button>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </section>
  );
}
