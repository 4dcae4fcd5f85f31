import { asHeliosError } from '../../base/errors.ts';
import { printSchema, storedSchema } from '../../delta/schema-json.ts';
import { recordEncoding } from '../../sink/kafka/record-encoding.ts';
import type { ScriptError } from '../../sql/script.ts';
import { checkedPartitionFields } from './partition-fields.ts';
import type { Output } from './plan.ts';
import { recordColumns } from './record-columns.ts';
import { templateColumns } from './template-columns.ts';

/** Why a sink could not take the rows of its INSERTs, as far as their columns tell. */
export function outputErrors(output: Output): readonly ScriptError[] {
  const { connector, name, position } = output.table;
  try {
    if (connector.kind === 'kafka') recordColumns(output, recordEncoding(connector));
    if (connector.kind === 'webhook' && connector.template !== undefined) {
      templateColumns(output, connector.template);
    }
    if (connector.kind === 'delta') {
      const stored = storedSchema(output.schema);
      checkedPartitionFields(name, connector.partitionFields, stored);
      printSchema(stored);
    }
    if (connector.kind === 'filesystem') {
      const stored = storedSchema(output.schema);
      checkedPartitionFields(name, connector.partitionFields, stored);
      printSchema(stored);
    }
    return [];
  } catch (thrown) {
    const { message, hint } = asHeliosError(thrown);
    return [{ message, hint, position }];
  }
}
