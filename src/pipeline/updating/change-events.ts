import { duckdbType, quoteName, quoteText } from '../../engine/types.ts';
import type { ColumnType, Schema } from '../../event/schema.ts';
import type { SqlPieces } from '../plan/compose.ts';

/** Rows as Debezium's events: `before` and `after`, and `op`, which is c, u or d. */
export type ChangeEvents = { readonly body: SqlPieces; readonly schema: Schema };

/** What tells that a row came, of each row of `body`, whose columns are those of `schema`. */
export function insertEvents(body: SqlPieces, schema: Schema): ChangeEvents {
  const before = `NULL::${duckdbType(imageType(schema))} AS before`;
  const after = `${packed(schema)} AS after`;
  return {
    body: [`SELECT ${before}, ${after}, 'c' AS op FROM (`, ...body, '\n)'],
    schema: eventSchema(schema),
  };
}

/**
 * What tells how the rows of `body` come, change and go: they are `changes`, with the columns of
 * `schema` and the hidden ones. What comes and goes at once is nothing.
 */
export function changeEvents(body: SqlPieces, schema: Schema): ChangeEvents {
  const image = (sign: '<' | '>'): string => `any_value(__image) FILTER (__weight ${sign} 0)`;
  return {
    body: [
      `SELECT before, after,
        CASE WHEN before IS NULL THEN 'c' WHEN after IS NULL THEN 'd' ELSE 'u' END AS op
      FROM (SELECT ${image('<')} AS before, ${image('>')} AS after
        FROM (SELECT *, row_number() OVER (PARTITION BY __key, __weight < 0) AS __place
          FROM (SELECT __key, __image, __weight, unnest(range(abs(__weight)::BIGINT))
            FROM (SELECT __key, __image, sum(__weight) AS __weight
              FROM (SELECT __key, __weight, ${packed(schema)} AS __image FROM (`,
      ...body,
      '\n)) GROUP BY ALL HAVING sum(__weight) <> 0))) GROUP BY __key, __place)',
    ],
    schema: eventSchema(schema),
  };
}

/** SQL of a column's value in the row that came; of one that only went, in that. */
export function imageField(name: string): string {
  const field = quoteText(name);
  return `CASE WHEN after IS NULL THEN struct_extract(before, ${field})
    ELSE struct_extract(after, ${field}) END`.replaceAll(/\s+/g, ' ');
}

function packed(schema: Schema): string {
  const fields = schema.map(({ name }) => `${quoteName(name)} := ${quoteName(name)}`);
  return `struct_pack(${fields.join(', ')})`;
}

export function eventSchema(schema: Schema): Schema {
  const type = imageType(schema);
  return [
    { name: 'before', type },
    { name: 'after', type },
    { name: 'op', type: { kind: 'text' } },
  ];
}

function imageType(schema: Schema): ColumnType {
  return { kind: 'struct', fields: schema };
}
