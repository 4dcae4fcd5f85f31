/**
 * The answers of the API for its description (OpenAPI). The types are in api.ts; a test compares
 * them.
 */
import { Type } from 'typebox';
import type { TSchema } from 'typebox';

const position = Type.Object(
  { line: Type.Integer(), column: Type.Integer(), length: Type.Integer() },
  { description: 'Place in the text that was sent; lines and columns count from 1.' },
);

export const errorSchema: TSchema = Type.Object(
  {
    error: Type.Object({
      code: Type.String({ description: 'What clients may branch on.' }),
      message: Type.String(),
      hint: Type.Optional(Type.String({ description: 'What to do about it.' })),
      position: Type.Optional(position),
      details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      id: Type.String({ description: "The request's id, as in x-request-id and the log." }),
    }),
  },
  { description: 'An error.' },
);

const column = Type.Object({ name: Type.String(), type: Type.String() });
const count = Type.Integer({ minimum: 0 });
const time = Type.String({ format: 'date-time' });

const saw = Type.Object({
  table: Type.String(),
  version: Type.Optional(count),
  epoch: Type.Optional(count),
  newest_event: Type.Optional(time),
  hot_rows: count,
  hot_rows_missing_of: Type.Optional(Type.Array(Type.String())),
  files_read: count,
  files_pruned: count,
});

export const queryAnswerSchema: TSchema = Type.Object({
  columns: Type.Array(column),
  rows: Type.Array(Type.Array(Type.Unknown())),
  row_count: count,
  truncated: Type.Boolean(),
  saw: Type.Array(saw),
  ms: Type.Number(),
});

export const completeAnswerSchema: TSchema = Type.Object({
  completions: Type.Array(Type.Object({ text: Type.String(), start: count })),
});

export const functionListSchema: TSchema = Type.Object({
  functions: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: Type.Enum(['scalar', 'aggregate', 'table']),
      signatures: Type.Array(Type.String()),
      description: Type.Optional(Type.String()),
      example: Type.Optional(Type.String()),
    }),
  ),
});

const partitionLag = Type.Object({
  partition: Type.String(),
  position: Type.Optional(Type.String()),
  lag_records: Type.Optional(count),
  lag_bytes: Type.Optional(count),
  lag_ms: Type.Optional(count),
  lag_known_at: Type.Optional(time),
});

const recordCounts = Type.Object({ records_read: count, records_rejected: count });
const recentCounts = { last_5_minutes: recordCounts, last_hour: recordCounts };

const problem = Type.Object({
  code: Type.String(),
  message: Type.String(),
  hint: Type.Optional(Type.String()),
});

const waiting = Type.Object({
  since: time,
  message: Type.String(),
  hint: Type.Optional(Type.String()),
});

export const pipelineSchema: TSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  sql: Type.String(),
  state: Type.Enum(['running', 'paused', 'stopped', 'finished', 'retrying', 'failed']),
  error: Type.Optional(
    Type.Object({
      id: Type.String(),
      code: Type.String(),
      message: Type.String(),
      hint: Type.Optional(Type.String()),
    }),
  ),
  created_at: time,
  epoch: count,
  bytes_in: count,
  records_rejected: count,
  records_replayed: count,
  records_dropped: count,
  recent: Type.Object(
    { since: time, ...recentCounts, rejected_by_minute: Type.Array(count) },
    {
      description:
        'What was read and rejected lately, dropped records among them; nothing is known of what ' +
        'was before `since`. Minutes are the last 60, the oldest first.',
    },
  ),
  kept: Type.Optional(
    Type.Object({
      epoch: Type.Optional(count),
      failing_since: Type.Optional(Type.String()),
    }),
  ),
  sources: Type.Array(
    Type.Object({
      name: Type.String(),
      connector: Type.String(),
      reads: Type.Optional(
        Type.Object({
          names: Type.Array(Type.String()),
          pattern: Type.Optional(Type.String()),
          connection: Type.Optional(Type.String()),
        }),
      ),
      bytes_behind: Type.Optional(count),
      lag_records: Type.Optional(count),
      lag_ms: Type.Optional(count),
      recent: Type.Object(recentCounts),
      slowest_partition: Type.Optional(Type.String()),
      waiting: Type.Optional(waiting),
      partitions: Type.Optional(Type.Array(partitionLag)),
    }),
  ),
  sinks: Type.Array(
    Type.Object({
      table: Type.String(),
      connector: Type.String(),
      rows_out: count,
      hot_rows: count,
      rolled_epoch: count,
      rows_dropped: Type.Optional(count),
      waiting: Type.Optional(waiting),
    }),
  ),
});

export const pipelineListSchema: TSchema = Type.Object({ pipelines: Type.Array(pipelineSchema) });

const graph = Type.Object({
  nodes: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.Enum([
        ...([
          'source',
          'lookup',
          'view',
          'table',
          'select',
          'window',
          'aggregate',
          'join',
        ] as const),
        'sink',
      ]),
      label: Type.String(),
      details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())])),
    }),
  ),
  edges: Type.Array(Type.Object({ from: Type.String(), to: Type.String() })),
});

export const planAnswerSchema: TSchema = Type.Object({ graph, plan: Type.String() });

export const validateAnswerSchema: TSchema = Type.Union([
  Type.Object({
    valid: Type.Literal(false),
    errors: Type.Array(
      Type.Object({ message: Type.String(), hint: Type.Optional(Type.String()), position }),
    ),
  }),
  Type.Object({
    valid: Type.Literal(true),
    graph,
    plan: Type.String(),
    sinks: Type.Array(Type.Object({ name: Type.String(), columns: Type.Array(column) })),
  }),
]);

export const tableSchema: TSchema = Type.Object({
  name: Type.String(),
  kind: Type.Enum(['delta', 'materialized_view', 'files', 'attached', 'system']),
  path: Type.Optional(Type.String()),
  columns: Type.Array(column),
  version: Type.Optional(count),
  files: count,
  rows: count,
  bytes: count,
  hot_rows: count,
  newest_event: Type.Optional(time),
  rejected_count: count,
  error: Type.Optional(
    Type.Object(problem.properties, {
      description: 'Why it could not be asked; the rest is what was known before.',
    }),
  ),
});

export const tableListSchema: TSchema = Type.Object({ tables: Type.Array(tableSchema) });

export const streamSchema: TSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  created_at: time,
  backing: Type.Union([
    Type.Object({
      kind: Type.Enum(['kafka', 'kinesis']),
      connection: Type.String(),
      topic: Type.String({ description: "Kafka's topic, or the stream of Kinesis." }),
    }),
    Type.Null({ description: 'The embedded log keeps it.' }),
  ]),
  retention_ms: Type.Union([count, Type.Null()]),
  retention_bytes: Type.Union([count, Type.Null()]),
  durability: Type.Object(
    {
      survives: Type.Enum(['disk', 'machine'], {
        description: 'An acknowledged event is there as long as its disk is, or without it too.',
      }),
      by: Type.Enum(['volume', 's3', 'kafka', 'kinesis']),
    },
    { description: 'What an acknowledged event survives, besides this process and a power cut.' },
  ),
  bytes: Type.Union([count, Type.Null()]),
  partitions: Type.Array(
    Type.Object({
      start_offset: count,
      end_offset: count,
      bytes: Type.Union([count, Type.Null()]),
      newest_arrival: Type.Optional(time),
    }),
  ),
});

export const streamListSchema: TSchema = Type.Object({
  streams: Type.Array(streamSchema),
  damaged: Type.Optional(
    Type.Array(Type.Object({ name: Type.String(), error: problem }), {
      description: 'Streams whose files are damaged. What asks for one fails with its error.',
    }),
  ),
});

export const connectionSchema: TSchema = Type.Object({
  name: Type.String(),
  kind: Type.Enum(['kafka', 'kinesis']),
  options: Type.Record(Type.String(), Type.String()),
  created_at: time,
});

export const connectionListSchema: TSchema = Type.Object({
  connections: Type.Array(connectionSchema),
});

export const healthSchema: TSchema = Type.Object({
  status: Type.Enum(['ready', 'starting']),
  version: Type.String(),
  uptime_ms: Type.Number(),
  pipelines: Type.Optional(Type.Record(Type.String(), count)),
  streams: Type.Optional(count),
  tables: Type.Optional(count),
  state: Type.Optional(
    Type.Object({
      location: Type.String(),
      number: count,
      kept_at: Type.String(),
      failing: Type.Optional(Type.Object({ since: Type.String(), message: Type.String() })),
    }),
  ),
  sandbox: Type.Optional(
    Type.Object({
      network: Type.Enum(['isolated', 'shared']),
      user: Type.Enum(['nobody', 'same', 'root']),
      memory: Type.Enum(['limited', 'watched']),
    }),
  ),
});
