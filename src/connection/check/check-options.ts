import { HeliosError } from '../../base/errors.ts';
import {
  type ConnectorName,
  readConnectionOptions,
} from '../../sql/connector/connection-options.ts';
import type { PlainOptions } from '../context.ts';

/**
 * Options by their first spelling, checked all together. `invalid_config` tells every problem; each
 * is in `details.problems`.
 */
export function checkedOptions(connector: ConnectorName, options: PlainOptions): PlainOptions {
  const read = readConnectionOptions({ connector, options, isComplete: true });
  const [first] = read.problems;
  if (first === undefined) return read.options;
  const message = read.problems.map((problem) => problem.message).join(' ');
  throw new HeliosError('invalid_config', message, {
    hint: [...new Set(read.problems.map((problem) => problem.hint))].join(' '),
    details: { problems: read.problems },
  });
}
