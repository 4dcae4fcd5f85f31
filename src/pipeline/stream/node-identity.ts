import { createHash } from 'node:crypto';
import type { WindowNode } from '../dataflow/dataflow.ts';

/**
 * A text that differs for nodes whose kept rows differ: state of one is none of the other. What is
 * made of the rows at a window's end may change.
 */
export function nodeIdentity({ shape, intake, keys, values, waitsFor }: WindowNode): string {
  const columns = [...keys, ...values].map((column) => [
    column.name,
    column.typeText,
    'merge' in column ? column.merge : 'key',
  ]);
  const sizes = Object.entries(shape).map(([key, value]) => [key, String(value)]);
  const text = JSON.stringify([sizes, intake.text, columns, waitsFor]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
