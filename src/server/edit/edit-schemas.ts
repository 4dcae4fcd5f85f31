import { type TSchema, Type } from 'typebox';

const count = Type.Integer({ minimum: 0 });
const text = Type.String();

export const consequencesSchema: TSchema = Type.Object({
  loses_state: Type.Boolean({
    description: 'Rows that an operator keeps would be given up: the edit needs drop_state.',
  }),
  operators: Type.Array(
    Type.Object({
      effect: Type.Enum(['kept', 'lost', 'new']),
      kind: Type.Enum(['tumble', 'hop', 'session', 'updating', 'unknown']),
      label: text,
      sinks: Type.Array(text, { description: 'Tables that it feeds.' }),
      state: Type.Optional(
        Type.Object(
          {
            rows: count,
            bytes: count,
            windows: Type.Optional(count),
            keys: Type.Optional(count),
            since: Type.Optional(Type.String({ format: 'date-time' })),
          },
          { description: 'What it keeps now.' },
        ),
      ),
      message: text,
    }),
  ),
  sources: Type.Array(
    Type.Object({
      name: text,
      effect: Type.Enum(['kept', 'new', 'replaced', 'removed']),
      message: text,
    }),
  ),
  sinks: Type.Array(
    Type.Object({
      table: text,
      effect: Type.Enum(['kept', 'changed', 'moved', 'new', 'removed']),
      columns: Type.Array(
        Type.Object({ name: text, before: Type.Optional(text), after: Type.Optional(text) }),
      ),
      message: text,
    }),
  ),
});
