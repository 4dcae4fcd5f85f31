import type { ConnectionOptions } from '../../script.ts';
import {
  type ConnectorName,
  connectionOptionsOf,
  readConnectionOptions,
} from '../connection-options.ts';
import type { TableText } from '../table-text.ts';

/**
 * How a table reaches its cluster or account: a stored connection, options of its own, or both.
 * What is wrong is reported where it stands.
 */
export function readConnection(table: TableText, connector: ConnectorName): ConnectionOptions {
  const { options } = table;
  const profile = options.text('connection_profile');
  if (profile === '') {
    const hint = '`helios connection list` shows the connections there are.';
    options.report(options.spanOf('connection_profile'), 'connection_profile is empty.', hint);
  }
  const written: Record<string, string> = {};
  for (const { spellings } of connectionOptionsOf(connector)) {
    for (const name of spellings) {
      const text = options.text(name);
      if (text !== undefined) written[name] = text;
    }
  }
  const isComplete = profile === undefined;
  const read = readConnectionOptions({ connector, options: written, isComplete });
  for (const { option, message, hint } of read.problems) {
    const span = option === undefined ? table.name : options.spanOf(option.toLowerCase());
    options.report(span, message, hint);
  }
  return { profile, options: read.options };
}
