import { HeliosError } from '../../base/errors.ts';
import { joinedTextSql, jsonValueSql } from '../../engine/json-encoding.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Column, ColumnType } from '../../event/schema.ts';
import type { Template, TemplatePiece } from '../../sql/connector/webhook/webhook-table.ts';
import { columnsHint } from './columns-hint.ts';
import type { Output } from './plan.ts';

/** The select list of an output whose rows are texts of a template: one column, in base64. */
export function templateColumns(output: Output, template: Template): string {
  const parts = template.map((piece) =>
    piece.kind === 'text' ? quoteText(piece.text) : valueText(output, piece),
  );
  return `to_base64(encode(${joinedTextSql(parts)}))`;
}

/** Never NULL: NULL is `null` where a JSON value stands, and nothing in a text. */
function valueText(
  output: Output,
  { path, place }: Extract<TemplatePiece, { readonly kind: 'value' }>,
): string {
  const { type, expression } = valueOf(output, path);
  const json = jsonValueSql(type, expression, output.table);
  if (place === 'json') return json;
  const [text, other] =
    place === 'text'
      ? [`json_extract_string(${json}, '$')`, json]
      : [unquoted(json), unquoted(`to_json(${json})::VARCHAR`)];
  return `CASE WHEN ${expression} IS NULL THEN '' WHEN starts_with(${json}, '"') THEN ${text}
    ELSE ${other} END`;
}

function unquoted(json: string): string {
  return `substring(${json}, 2, length(${json}) - 2)`;
}

/** A column by its name, or a field of one whose names are joined by dots. */
function valueOf(
  { table, schema }: Output,
  path: string,
): { readonly type: ColumnType; readonly expression: string } {
  const whole = schema.find(({ name }) => isSame(name, path));
  const names = whole === undefined ? path.split('.') : [path];
  let found: Column = { name: '', type: { kind: 'struct', fields: schema } };
  let expression = '';
  for (const name of names) {
    const fields = found.type.kind === 'struct' ? found.type.fields : [];
    const field = fields.find((one) => isSame(one.name, name));
    if (field === undefined) throw unknown(table.name, path, missingHint(found, name));
    expression =
      expression === ''
        ? quoteName(field.name)
        : `struct_extract(${expression}, ${quoteText(field.name)})`;
    found = field;
  }
  return { type: found.type, expression };
}

function isSame(name: string, written: string): boolean {
  return name.toLowerCase() === written.trim().toLowerCase();
}

function missingHint({ name, type }: Column, missing: string): string {
  return type.kind === 'struct' ? columnsHint(missing, type.fields) : `${name} has no fields.`;
}

function unknown(table: string, path: string, hint: string): HeliosError {
  const message = `The template of ${table} has {{${path}}}, which is none of its columns.`;
  return new HeliosError('invalid_config', message, { hint });
}
