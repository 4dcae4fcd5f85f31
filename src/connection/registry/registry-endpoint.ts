import { HeliosError } from '../../base/errors.ts';
import type { PlainOptions } from '../context.ts';

/** Where the registry of a connection is; `invalid_config` where its options name none. */
export function registryEndpoint(options: PlainOptions): string {
  const endpoint = options['schema_registry.endpoint'];
  if (endpoint !== undefined) return endpoint.replace(/\/+$/, '');
  throw new HeliosError('invalid_config', 'The connection names no schema registry.', {
    hint: "Add schema_registry.endpoint = 'http://host:8081' to the connection or the table.",
  });
}
