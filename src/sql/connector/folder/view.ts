import type { SinkTable, View } from '../../script.ts';
import { rollingDefault } from './folder-options.ts';

/** The table that keeps a materialized view's rows, as one does for which nothing is said. */
export function viewTable({ name, position }: View): SinkTable {
  return {
    name,
    position,
    isView: true,
    columns: undefined,
    timestampFormat: 'rfc3339',
    connector: {
      kind: 'delta',
      path: '',
      storage: {},
      partitionFields: [],
      timePartitionPattern: undefined,
      rolling: rollingDefault,
      naming: { prefix: undefined, suffix: undefined, strategy: 'uuid_v7' },
      compression: 'zstd',
      rowGroupBytes: undefined,
    },
  };
}
