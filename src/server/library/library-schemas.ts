import { Type } from 'typebox';
import type { TSchema } from 'typebox';

const facts = {
  path: Type.String(),
  version: Type.String({ description: 'For If-Match: changes when the document does.' }),
  changed_at: Type.String({ format: 'date-time' }),
};

const sql = Type.String({ minLength: 1, maxLength: 150_000 });
const description = Type.Optional(Type.String({ maxLength: 10_000 }));
/** As `$name` is written in SQL. */
const parameterName = '^[A-Za-z_][A-Za-z0-9_]{0,63}$';
const typedText = Type.String({ maxLength: 10_000 });

const savedQuery = {
  sql,
  description,
  parameters: Type.Optional(
    Type.Record(Type.String({ pattern: parameterName }), typedText, {
      description: 'What is typed for each $name unless something else is.',
      maxProperties: 100,
      additionalProperties: false,
    }),
  ),
  view: Type.Optional(Type.String({ maxLength: 40 })),
  chart: Type.Optional(Type.String({ maxLength: 10_000 })),
};

export const savedQueryBody: TSchema = Type.Object(savedQuery, {
  additionalProperties: false,
});
export const savedQuerySchema: TSchema = Type.Object({ ...savedQuery, ...facts });
export const savedQueryListSchema: TSchema = Type.Object({
  queries: Type.Array(Type.Object({ ...facts, description })),
});

/** Columns of a dashboard's grid. */
export const columnCount = 12;
const rowsMax = 1000;
const panelsMax = 60;

const variable = Type.Object(
  {
    name: Type.String({ pattern: parameterName }),
    label: Type.Optional(Type.String({ maxLength: 200 })),
    value: typedText,
    choices: Type.Optional(Type.Array(typedText, { maxItems: 200 })),
  },
  { additionalProperties: false },
);

const panel = Type.Object(
  {
    id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
    title: Type.String({ maxLength: 200 }),
    kind: Type.Enum(['table', 'line', 'bar', 'number']),
    source: Type.Union([
      Type.Object(
        { query: Type.String({ minLength: 1, maxLength: 800 }) },
        { additionalProperties: false },
      ),
      Type.Object({ sql }, { additionalProperties: false }),
    ]),
    unit: Type.Optional(Type.String({ maxLength: 40 })),
    x: Type.Integer({ minimum: 0, maximum: columnCount - 1 }),
    y: Type.Integer({ minimum: 0, maximum: rowsMax }),
    width: Type.Integer({ minimum: 1, maximum: columnCount }),
    height: Type.Integer({ minimum: 1, maximum: 40 }),
  },
  { additionalProperties: false, description: 'Place and size in a grid of 12 columns.' },
);

const dashboard = {
  description,
  refresh_ms: Type.Optional(Type.Integer({ minimum: 500, maximum: 86_400_000, default: 1000 })),
  last: Type.Optional(
    Type.String({
      pattern: '^[1-9][0-9]{0,4}[smhd]$',
      description: 'The time range that it opens with: 15m, 1h, 7d.',
    }),
  ),
  variables: Type.Optional(Type.Array(variable, { maxItems: 30 })),
  panels: Type.Array(panel, { maxItems: panelsMax }),
};

export const dashboardBody: TSchema = Type.Object(dashboard, {
  additionalProperties: false,
});
export const dashboardSchema: TSchema = Type.Object({ ...dashboard, ...facts });
export const dashboardListSchema: TSchema = Type.Object({
  dashboards: Type.Array(
    Type.Object({ ...facts, description, panel_count: Type.Integer({ minimum: 0 }) }),
  ),
});

/** What a dashboard's file holds. */
export const dashboardFileSchema: TSchema = Type.Object(
  {
    dashboard: Type.Optional(Type.String({ minLength: 1, maxLength: 800 })),
    ...dashboard,
    queries: Type.Optional(
      Type.Array(
        Type.Object(
          { path: Type.String({ minLength: 1, maxLength: 800 }), ...savedQuery },
          { additionalProperties: false },
        ),
        { maxItems: panelsMax },
      ),
    ),
  },
  { additionalProperties: false },
);
