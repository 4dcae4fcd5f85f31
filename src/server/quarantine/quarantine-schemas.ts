import { type TSchema, Type } from 'typebox';

const count = Type.Integer({ minimum: 0 });
const text = Type.String();
const refused = Type.Array(
  Type.Object({ source: text, reason: text, records: count, message: text }),
);

const example = Type.Object({
  source: text,
  partition: text,
  position: text,
  message: text,
  text: Type.Optional(text),
  base64: Type.Optional(text),
  bytes: count,
});

export const trialSchema: TSchema = Type.Object({
  pipeline: text,
  selected: count,
  tried: count,
  passing: count,
  failing: count,
  reasons: Type.Array(
    Type.Object({
      source: text,
      code: text,
      column: Type.Optional(text),
      records: count,
      examples: Type.Array(example),
    }),
  ),
  refused,
  replayed: count,
});

export const replaySchema: TSchema = Type.Object({
  id: text,
  key: Type.Optional(text),
  pipeline: text,
  state: Type.Enum(['waiting', 'running', 'done']),
  requested_at: text,
  finished_at: Type.Optional(text),
  filter: Type.Object({
    pipeline: text,
    source: Type.Optional(text),
    code: Type.Optional(text),
    column: Type.Optional(text),
    from: Type.Optional(text),
    until: Type.Optional(text),
  }),
  chosen: Type.Optional(count),
  selected: Type.Optional(count),
  replayed: count,
  failed: count,
  refused,
  first_epoch: Type.Optional(count),
  last_epoch: Type.Optional(count),
});

export const replayListSchema: TSchema = Type.Object({ replays: Type.Array(replaySchema) });

export const quarantineSchema: TSchema = Type.Object({
  counts: Type.Array(
    Type.Object({
      pipeline: text,
      source: text,
      open: count,
      failed_again: count,
      replayed: count,
    }),
  ),
});
