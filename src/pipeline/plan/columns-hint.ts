import { didYouMeanHint } from '../../base/did-you-mean.ts';
import type { Schema } from '../../event/schema.ts';

/** What somebody may have meant who named a column that isn't there. */
export function columnsHint(name: string, schema: Schema): string {
  const names = schema.map((column) => column.name);
  const all = `Its columns are ${names.join(', ')}.`;
  const meant = didYouMeanHint(name, names);
  return meant === undefined ? all : `${meant} ${all}`;
}
