/** The answers of discovery-answers.ts for the API's description (OpenAPI). */
import { Type } from 'typebox';
import type { TSchema } from 'typebox';

const count = Type.Integer({ minimum: 0 });

const summary = {
  name: Type.String(),
  partitions: Type.Optional(count),
  retention_ms: Type.Optional(Type.Union([count, Type.Null()], { description: 'null: for ever.' })),
  records_per_second: Type.Optional(Type.Number()),
  bytes_per_second: Type.Optional(Type.Number()),
  bytes: Type.Optional(count),
};

export const connectionStreamsSchema: TSchema = Type.Object({
  streams: Type.Array(Type.Object(summary)),
});

export const streamDescriptionSchema: TSchema = Type.Object({
  ...summary,
  details: Type.Array(
    Type.Object({
      partition: Type.String(),
      start: Type.Optional(Type.String()),
      end: Type.Optional(Type.String()),
      bytes: Type.Optional(count),
      closed: Type.Boolean(),
      records_per_second: Type.Optional(Type.Number()),
    }),
  ),
});

const bytes = Type.Union(
  [
    Type.Object({ text: Type.String() }),
    Type.Object({ base64: Type.String() }, { description: 'Where it is not UTF-8.' }),
    Type.Null(),
  ],
  { description: 'null: a tombstone, or no key.' },
);

const problems = Type.Array(Type.Object({ partition: Type.String(), message: Type.String() }));
const silent = Type.Array(Type.String(), { description: 'Partitions with nothing there.' });

const records = Type.Array(
  Type.Object({
    partition: Type.String(),
    position: Type.String(),
    time: Type.Optional(Type.String({ format: 'date-time' })),
    key: bytes,
    headers: Type.Record(Type.String(), Type.Unknown()),
    value: bytes,
  }),
  { description: 'By time.' },
);

export const peekAnswerSchema: TSchema = Type.Object({
  records,
  silent,
  problems,
  cost: Type.Optional(Type.String({ description: 'Of limits that others share.' })),
});

const dryRun = Type.Object({
  accepted_count: count,
  rejected_count: count,
  blank_count: count,
  counts_by_code: Type.Record(Type.String(), count),
  rejected: Type.Array(
    Type.Object({
      index: Type.Integer({ minimum: 0, description: 'Its number among the records, from 0.' }),
      partition: Type.String(),
      position: Type.String(),
      code: Type.String(),
      message: Type.String(),
      raw: bytes,
    }),
  ),
});

const draft = {
  table: Type.String(),
  shape: Type.Enum(['columns', 'json', 'text', 'bytes']),
  columns: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.String(),
      present_count: count,
      null_count: count,
      examples: Type.Array(Type.String()),
      note: Type.Optional(Type.String()),
    }),
  ),
  warnings: Type.Array(Type.String()),
  sql: Type.String({ description: 'To edit, and to create a pipeline of.' }),
  dry_run: dryRun,
};

const readable = Type.Integer({ minimum: 0, description: 'Objects among them.' });

export const draftAnswerSchema: TSchema = Type.Object({ ...draft, readable_count: readable });

export const inferAnswerSchema: TSchema = Type.Object({
  ...draft,
  sample: Type.Object({
    record_count: count,
    readable_count: readable,
    partition_counts: Type.Record(Type.String(), count),
    silent,
    problems,
    cost: Type.Optional(Type.String()),
    records: Type.Optional(records),
  }),
});

/** Errors in the script, or what its first source would do. */
export const tryAnswerSchema: TSchema = Type.Object({
  valid: Type.Boolean(),
  errors: Type.Optional(Type.Array(Type.Unknown())),
  source: Type.Optional(Type.String()),
  dry_run: Type.Optional(dryRun),
});
