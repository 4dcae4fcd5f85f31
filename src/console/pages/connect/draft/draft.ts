/** What was typed and chosen so far; nothing in it is a secret. */
export type Draft = {
  readonly kind: Kind;
  /** Of all kinds, by `kind.name`: who changes the kind and comes back finds them. */
  readonly fields: Readonly<Record<string, string>>;
  /** By kind, the connection that is read from: kept before, or here. */
  readonly connections: Readonly<Record<string, string>>;
  /** By kind, a connection that was kept here, and with which settings. */
  readonly made: Readonly<Record<string, { readonly name: string; readonly settings: string }>>;
  /** By connection, the stream that was chosen. */
  readonly streams: Readonly<Record<string, string>>;
  /** By stream, what is to be done with it. */
  readonly tables: Readonly<Record<string, TableDraft>>;
};

export type Kind = 'kinesis' | 'kafka' | 'confluent' | 'http' | 'files';

export type TableDraft = {
  /** The table and its pipeline; undefined: as the stream. */
  readonly name?: string | undefined;
  readonly offset: 'earliest' | 'latest';
  readonly path?: string | undefined;
  /** Columns that folders are made of, with commas between. */
  readonly folders?: string | undefined;
  /** By the field's name. */
  readonly columns: Readonly<Record<string, ColumnEdit>>;
  /** The script as it was written by hand; undefined while it follows from the rest. */
  readonly sql?: string | undefined;
};

export type ColumnEdit = {
  readonly name?: string | undefined;
  readonly type?: string | undefined;
  readonly isOff?: boolean | undefined;
};

export const emptyDraft: Draft = {
  kind: 'kinesis',
  fields: {},
  connections: {},
  made: {},
  streams: {},
  tables: {},
};

const emptyTable: TableDraft = { offset: 'earliest', columns: {} };

/** What is read: through which connection (none: Helios's own streams), and which stream. */
export type SourcePlace = {
  readonly connection: string | undefined;
  readonly stream: string;
};

export function fieldOf({ kind, fields }: Draft, name: string): string {
  return fields[`${kind}.${name}`] ?? '';
}

export function withField(draft: Draft, name: string, value: string): Draft {
  return { ...draft, fields: { ...draft.fields, [`${draft.kind}.${name}`]: value } };
}

/** Undefined until a stream, or a file, is chosen. */
export function sourceOf(draft: Draft): SourcePlace | undefined {
  if (draft.kind === 'http' || draft.kind === 'files') {
    const stream = draft.streams[draft.kind];
    return stream === undefined ? undefined : { connection: undefined, stream };
  }
  const connection = draft.connections[draft.kind];
  const stream = connection === undefined ? undefined : draft.streams[connectionKey(connection)];
  return stream === undefined ? undefined : { connection, stream };
}

/** Of the streams of a connection, whose name may be that of a kind. */
export function connectionKey(connection: string): string {
  return `connection ${connection}`;
}

/** Where a table draft is kept. */
export function tableKey(draft: Draft): string | undefined {
  const source = sourceOf(draft);
  return source && `${draft.kind} ${source.connection ?? ''} ${source.stream}`;
}

export function tableOf(draft: Draft): TableDraft {
  const key = tableKey(draft);
  return (key === undefined ? undefined : draft.tables[key]) ?? emptyTable;
}

export function withTable(draft: Draft, change: Partial<TableDraft>): Draft {
  const key = tableKey(draft);
  if (key === undefined) return draft;
  const table = { ...tableOf(draft), ...change };
  return { ...draft, tables: { ...draft.tables, [key]: table } };
}

/** The nearest name that a table may have. */
export function nameFrom(stream: string): string {
  const last = stream.split(/[/]/).at(-1) ?? stream;
  const plain = last
    .replace(/\.(jsonl?|ndjson|csv|parquet)?(\.(gz|zst))?$/i, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  if (plain === '') return 'events';
  return /^[0-9]/.test(plain) ? `t_${plain}` : plain;
}

export type StepName = 'where' | 'which' | 'what' | 'start';

/** The steps of a kind: attached files are neither chosen from a list nor given a schema. */
export function stepsOf(draft: Draft): readonly StepName[] {
  if (draft.kind !== 'files') return ['where', 'which', 'what', 'start'];
  const isAttached = fieldOf(draft, 'how') !== 'pipeline';
  return isAttached ? ['where', 'start'] : ['where', 'what', 'start'];
}

/** How far the answers reach: a step is open when those before it are answered. */
export function isOpen(draft: Draft, step: StepName): boolean {
  if (step === 'where') return true;
  if (step !== 'which') return sourceOf(draft) !== undefined;
  if (draft.kind === 'http') return sourceOf(draft) !== undefined;
  return draft.connections[draft.kind] !== undefined;
}
