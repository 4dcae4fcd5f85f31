import { quoteName, quoteText } from '../../../engine/types.ts';
import { isChangeMetadata } from '../../../sql/metadata.ts';
import type { RecordFormat, SourceColumn } from '../../../sql/script.ts';
import { structureOf } from '../text/object-shape.ts';
import type { RecordShape } from '../text/record-shape.ts';
import { connectValue, type ConnectFormat, fieldSchemas, needsSchema } from './connect-value.ts';

type ChangeFormat = Extract<RecordFormat, { readonly kind: 'debezium_json' }>;

/** Members of a change event that are looked at, inside of `payload` or not. */
const members = ['op', 'before', 'after', 'ts_ms', 'source', 'transaction'];

/**
 * Debezium's change events: the row in `after`, or in `before` where it was deleted. They may stand
 * in `payload`, with their schema beside it, which then says what numbers mean.
 */
export class ChangeShape implements RecordShape {
  readonly keepsText = false;
  readonly faults: string;
  readonly #format: ChangeFormat;
  readonly #structure: string;
  readonly #usesSchema: boolean;

  constructor(columns: readonly SourceColumn[], format: ChangeFormat) {
    const fields = columns.filter(({ origin }) => origin.kind === 'field');
    this.#format = format;
    this.#structure = structureOf(fields);
    this.#usesSchema = fields.some(({ type }) => needsSchema(type));
    const keepsOp = columns.some(({ origin }) => {
      return origin.kind === 'metadata' && origin.key === 'op';
    });
    this.faults = `WHEN NOT starts_with(line, '{') THEN 'not_an_object'
      WHEN coalesce(__op NOT IN ('"c"', '"r"', '"u"', '"d"'), true) THEN 'not_a_change'
      ${keepsOp ? '' : `WHEN __op IN ('"u"', '"d"') THEN 'not_an_insert'`}
      WHEN NOT coalesce(starts_with(__image, '{'), false) THEN 'not_a_change'`;
  }

  open(lines: string): string {
    const outer = structureOf([...members, 'schema', 'payload'].map((name) => ({ name })));
    const inner = structureOf(members.map((name) => ({ name })));
    const plain = members.map((name) => `${quoteName(name)} := __outer.${quoteName(name)}`);
    const schemas = this.#usesSchema ? `, ${fieldSchemas('__outer.schema')} AS __schemas` : '';
    return `SELECT *, json_transform(__image, ${this.#structure}) AS __record FROM (
      SELECT *, (CASE WHEN __op = '"d"' THEN __change.before ELSE __change.after END)::VARCHAR
        AS __image FROM (
      SELECT *, __change.op::VARCHAR AS __op FROM (
      SELECT *, CASE WHEN starts_with(__outer.payload::VARCHAR, '{')
          THEN json_transform(__outer.payload, ${inner})
          ELSE struct_pack(${plain.join(', ')}) END AS __change${schemas} FROM (
      SELECT *, json_transform(line, ${outer}) AS __outer FROM (${lines})))))`;
  }

  value(column: SourceColumn, mark: string | undefined): string {
    const { name, origin, type } = column;
    if (origin.kind === 'metadata' && isChangeMetadata(this.#format, origin.key)) {
      const json = `__change.${quoteName(origin.key)}`;
      // When Debezium saw the change, always in milliseconds.
      return type.kind === 'timestamp'
        ? connectValue(column, json, { format: milliseconds, schema: undefined, mark })
        : json;
    }
    const schema = this.#usesSchema
      ? `list_filter(__schemas, lambda field: field.field = ${quoteText(name)})[1]`
      : undefined;
    const json = `struct_extract(__record, ${quoteText(name)})`;
    return connectValue(column, json, { format: this.#format, schema, mark });
  }
}

const milliseconds: ConnectFormat = { timestampFormat: 'unix_millis', decimalEncoding: 'number' };
