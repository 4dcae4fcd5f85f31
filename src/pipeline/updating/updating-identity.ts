import { createHash } from 'node:crypto';
import type { UpdatingNode } from '../dataflow/dataflow.ts';

/** A text that differs for nodes whose kept rows, or what they gave, differ. */
export function updatingIdentity({ inputs, result, columns, resultKeys }: UpdatingNode): string {
  const kept = inputs.map(({ intake, keys, values, isRetracting }) => [
    intake.text,
    [...keys, ...values].map((column) => [
      column.name,
      column.typeText,
      'merge' in column ? column.merge : 'key',
    ]),
    isRetracting,
  ]);
  const given = columns.map(({ name, typeText }) => [name, typeText]);
  const text = JSON.stringify([kept, result.text, given, resultKeys]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
