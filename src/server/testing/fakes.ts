import { HeliosError } from '../../base/errors.ts';
import type { PipelineInfo, PipelinePlan, Pipelines } from '../../pipeline/pipeline.ts';
import type { QueryRequest, QueryService } from '../../query/query.ts';
import type { TableInfo, Tables, TableTail } from '../dependencies.ts';

const onlySink: PipelinePlan = {
  graph: {
    nodes: [{ id: 's', kind: 'sink', label: 's', details: { connector: 'delta' } }],
    edges: [],
  },
  plan: 'sink s\n',
};

/** Pipelines that exist by name only. What `waitUntilQueryable` says is the test's to set. */
export class NamedPipelines implements Pipelines {
  readonly #pipelines = new Map<string, PipelineInfo>();
  wait: () => Promise<'queryable' | 'stored'> = () => Promise.resolve('stored');
  readonly waits: (readonly [stream: string, positions: ReadonlyMap<string, string>])[] = [];
  readonly calls: string[] = [];

  create: Pipelines['create'] = async ({ name, sql, isAdopting }) => {
    if (sql.includes('bug')) throw new TypeError('secret of the implementation');
    if (sql.startsWith('SELEC ')) {
      throw new HeliosError('invalid_sql', 'syntax error at "SELEC"', {
        hint: 'Did you mean "SELECT"?',
        position: { line: 1, column: 1, length: 5 },
      });
    }
    if (this.#pipelines.has(name)) throw new HeliosError('already_exists', `"${name}" exists.`);
    this.calls.push(`create ${name} ${isAdopting}`);
    return this.#put(name, { ...stopped(name), sql, state: 'running' });
  };

  list: Pipelines['list'] = () => [...this.#pipelines.values()];

  get: Pipelines['get'] = (name) => {
    const info = this.#pipelines.get(name);
    if (info) return info;
    throw new HeliosError('not_found', `The pipeline "${name}" does not exist.`, { hint: 'Ask.' });
  };

  look: Pipelines['look'] = async (name) => await Promise.resolve(this.get(name));

  plan: Pipelines['plan'] = async (name) => {
    this.get(name);
    return await Promise.resolve(onlySink);
  };

  start: Pipelines['start'] = async (name) =>
    this.#put(name, { ...this.get(name), state: 'running' });

  pause: Pipelines['pause'] = async (name) =>
    this.#put(name, { ...this.get(name), state: 'paused' });

  backfill: Pipelines['backfill'] = async (name, from) => {
    this.calls.push(`backfill ${this.get(name).name} ${JSON.stringify(from)}`);
    return this.#put(`${name}_backfill`, { ...stopped(`${name}_backfill`), state: 'running' });
  };

  restart: Pipelines['restart'] = async (name, request) => {
    this.calls.push(`restart ${this.get(name).name} ${JSON.stringify(request)}`);
    return this.#put(name, { ...this.get(name), state: 'running' });
  };

  stop: Pipelines['stop'] = async (name, { isDiscarding }) => {
    this.calls.push(`stop ${name} ${isDiscarding}`);
    return this.#put(name, { ...this.get(name), state: 'stopped' });
  };

  edit: Pipelines['edit'] = async (name, sql, { isDroppingState = false }) => {
    if (isDroppingState) this.calls.push(`edit ${name} dropping`);
    return this.#put(name, { ...this.get(name), sql });
  };

  consequences: Pipelines['consequences'] = async (name) => {
    const { sinks } = this.get(name);
    const state = { rows: 3, bytes: 90, windows: 2, sinceMs: 0 };
    return {
      operators: [{ effect: 'lost', kind: 'tumble', label: 'counts', sinks: ['t'], state }],
      sources: [{ name: 's', effect: 'kept' }],
      sinks: sinks.map(({ table }) => ({ table, effect: 'kept', columns: [] })),
    };
  };

  delete: Pipelines['delete'] = async (name, { isDiscarding }) => {
    this.calls.push(`delete ${this.get(name).name} ${isDiscarding}`);
    this.#pipelines.delete(name);
  };

  validate: Pipelines['validate'] = async (sql) => {
    const position = { line: 1, column: 1, length: 5 };
    return sql.startsWith('SELECT')
      ? {
          kind: 'ok',
          ...onlySink,
          sinks: [{ name: 's', schema: [{ name: 'a', type: { kind: 'text' } }] }],
        }
      : { kind: 'errors', errors: [{ message: 'no SELECT', hint: undefined, position }] };
  };

  preview: Pipelines['preview'] = async function* preview(sql, { from, until }) {
    if (sql === 'bad') throw new HeliosError('invalid_sql', 'bad script');
    yield { kind: 'columns', sink: 's', columns: [{ name: 'a', type: 'VARCHAR' }] };
    if (sql === 'breaks') throw new HeliosError('storage_failed', 'the disk is gone');
    const range =
      typeof from === 'object' && 'atMs' in from ? `${from.atMs} ${String(until)}` : 'x';
    yield { kind: 'rows', sink: 's', rows: [[range]] };
    yield { kind: 'end', rowCount: 1, rejectedCount: 0, reason: 'sources_ended' };
  };

  waitUntilQueryable: Pipelines['waitUntilQueryable'] = async (stream, positions) => {
    this.waits.push([stream, positions]);
    return await this.wait();
  };

  #put(name: string, info: PipelineInfo): PipelineInfo {
    this.#pipelines.set(name, info);
    return info;
  }
}

function stopped(name: string): PipelineInfo {
  return {
    id: `id-${name}`,
    name,
    sql: '',
    state: 'stopped',
    error: undefined,
    createdAtMs: 0,
    epoch: 3,
    bytesIn: 10,
    recordsRejected: 1,
    recordsReplayed: 0,
    recordsDropped: 0,
    recent: {
      sinceMs: 0,
      within: (windowMs) => ({ read: windowMs / 1000, rejected: 3 }),
      rejectedByMinute: () => Array.from({ length: 60 }, () => 0),
    },
    sources: [
      {
        name: 'events',
        connector: 'http',
        bytesBehind: 5,
        lagRecords: undefined,
        lagMs: 1500,
        waiting: { sinceMs: 1000, message: 'A broker is away.', hint: undefined },
        partitions: [
          {
            partition: '0',
            position: '7',
            lagRecords: 0,
            lagBytes: 0,
            lagMs: 0,
            lagKnownAtMs: undefined,
          },
          {
            partition: '1',
            position: undefined,
            lagRecords: undefined,
            lagBytes: 5,
            lagMs: 1500,
            lagKnownAtMs: 2000,
          },
        ],
      },
    ],
    sinks: [
      {
        table: 't',
        connector: 'delta',
        rowsOut: 9,
        hotRows: 2,
        rolledEpoch: 2,
        droppedCount: 3,
        waiting: { sinceMs: 1000, message: 'A server is away.', hint: undefined },
      },
    ],
  };
}

/**
 * Answers that are scripted by the SQL's first word. `cancelled` resolves when a query was aborted.
 */
export class ScriptedQueries implements QueryService {
  readonly requests: QueryRequest[] = [];
  readonly cancelled: Promise<unknown>;
  #cancel: (reason: unknown) => void = () => undefined;

  constructor() {
    this.cancelled = new Promise((resolve) => (this.#cancel = resolve));
  }

  run: QueryService['run'] = async (request) => {
    this.requests.push(request);
    if (request.sql.startsWith('fail')) {
      throw new HeliosError('invalid_sql', 'no such table', {
        position: { line: 1, column: 6, length: 3 },
      });
    }
    request.onProgress?.({ rowsRead: 5, percent: undefined });
    return {
      id: 'q-1',
      contentType: contentTypes[request.format],
      columns: [{ name: 'a', type: 'INTEGER' }],
      saw: [
        {
          table: 'tä',
          version: 3,
          epoch: 7,
          newest_event: undefined,
          hot_rows: 1,
          files_read: 1,
          files_pruned: 0,
        },
      ],
      body: this.#body(request),
    };
  };

  tablesOf: QueryService['tablesOf'] = async ({ sql }) => {
    if (sql.startsWith('fail')) throw new HeliosError('invalid_sql', 'no such table');
    return [...sql.matchAll(/(?<=from )\w+/g)].map(([name]) => name);
  };
  complete: QueryService['complete'] = async (text) => [{ text: `${text}ECT`, start: 0 }];
  functions: QueryService['functions'] = async () => [
    {
      ...{ name: 'abs', kind: 'scalar', signatures: ['abs(x)'] },
      ...{ description: undefined, example: undefined },
    },
  ];
  history: QueryService['history'] = () => [];
  capabilities: QueryService['capabilities'] = () => ({
    network: 'isolated',
    user: 'nobody',
    memory: 'limited',
  });
  close: QueryService['close'] = async () => undefined;

  async *#body({ sql, signal }: QueryRequest): AsyncGenerator<Uint8Array> {
    if (sql.startsWith('early')) throw new HeliosError('query_failed', 'division by zero');
    yield Buffer.from(`{"columns":[{"name":"a","type":"INTEGER"}],`);
    if (sql.startsWith('late')) throw new HeliosError('query_failed', 'division by zero');
    if (sql.startsWith('wait')) {
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          this.#cancel(signal.reason);
          reject(new HeliosError('cancelled', 'cancelled'));
        });
      });
    }
    yield Buffer.from(`"rows":[[1]],"row_count":1,"truncated":false,"saw":[],"ms":1}`);
  }
}

const contentTypes = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
  arrow: 'application/vnd.apache.arrow.stream',
};

/** Tables that exist by name only. */
export class NamedTables implements Tables {
  readonly #tables = new Map<string, TableInfo>();

  get count(): number {
    return this.#tables.size;
  }

  list: Tables['list'] = async () => [...this.#tables.values()];

  get: Tables['get'] = async (name) => {
    const info = this.#tables.get(name);
    if (info) return info;
    throw new HeliosError('not_found', `The table "${name}" does not exist.`, { hint: 'Ask.' });
  };

  attach: Tables['attach'] = async ({ name, path }) => {
    const info: TableInfo = {
      name,
      path,
      kind: 'attached',
      schema: [{ name: 'a', type: { kind: 'integer', bits: 64, isUnsigned: false } }],
      version: 2,
      files: 1,
      rows: 10,
      bytes: 100,
      hotRows: 0,
      newestEventMs: 1_695_045_600_000,
      rejectedCount: 0,
    };
    this.#tables.set(name, info);
    return info;
  };

  detach: Tables['detach'] = async (name) => {
    const { name: known } = await this.get(name);
    this.#tables.delete(known);
  };
}

/** Rows that a test publishes; the cursor is how many there were. */
export class ScriptedTail implements TableTail {
  rows: (readonly unknown[])[] = [];
  missedRows = 0;

  rowsAfter: TableTail['rowsAfter'] = async ({ table, after }) => {
    if (table === 'missing') throw new HeliosError('not_found', 'no such table');
    const rows = after === undefined ? [] : this.rows.slice(Number(after));
    const cursor = after === undefined ? '0' : String(this.rows.length);
    return {
      columns: [{ name: 'a', type: 'VARCHAR' }],
      rows,
      missedRows: after === '0' ? this.missedRows : 0,
      cursor,
    };
  };
}
