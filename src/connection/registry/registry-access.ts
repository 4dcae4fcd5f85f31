import type { Secrets } from '../connection.ts';
import type { PlainOptions } from '../context.ts';
import { optionValue } from '../option-value.ts';
import { registryEndpoint } from './registry-endpoint.ts';
import type { RegistryAccess } from './registry-request.ts';

/** How a connection reaches its registry: looked up anew, so that rotated secrets are found. */
export async function registryAccess(
  options: PlainOptions,
  secrets: Secrets,
): Promise<RegistryAccess> {
  const value = async (name: string): Promise<string | undefined> =>
    await optionValue(options, `schema_registry.${name}`, secrets);
  const [endpoint, key, secret, ca] = await Promise.all([
    value('endpoint'),
    value('api_key'),
    value('api_secret'),
    value('ca'),
  ]);
  const hasCredentials = key !== undefined && secret !== undefined;
  return {
    endpoint: endpoint?.replace(/\/+$/, '') ?? registryEndpoint(options),
    credentials: hasCredentials ? { key, secret } : undefined,
    ca,
  };
}
