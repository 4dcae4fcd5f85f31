import type { SinkConnector } from '../../sql/script.ts';
import type { RecordEncoding } from '../sink.ts';

/** How a table in a topic wants its rows. */
export function recordEncoding({
  format,
  keyField,
  timestampField,
}: Extract<SinkConnector, { readonly kind: 'kafka' }>): RecordEncoding {
  return { kind: 'records', value: format === 'json' ? 'json' : 'text', keyField, timestampField };
}
