import { asHeliosError } from '../base/errors.ts';
import type { Connections } from '../connection/connection.ts';
import { checkAddress } from '../connection/webhook/address.ts';
import { registryEndpoint } from '../connection/registry/registry-endpoint.ts';
import type { Script, ScriptError, SinkTable, SourceTable } from '../sql/script.ts';

/** What is wrong with the connections that a script's tables name, as far as nobody is asked. */
export function connectionProblems(
  { sources, sinks }: Script,
  connections: Connections,
): readonly ScriptError[] {
  return [...sources, ...sinks].flatMap((table): readonly ScriptError[] => {
    try {
      checkConnection(table, connections);
      return [];
    } catch (thrown) {
      const { message, hint } = asHeliosError(thrown);
      return [{ message: `${table.name}: ${message}`, hint, position: table.position }];
    }
  });
}

function checkConnection(table: SourceTable | SinkTable, connections: Connections): void {
  const { connector } = table;
  if (connector.kind === 'webhook') checkAddress(connector.endpoint);
  if (connector.kind !== 'kafka' && connector.kind !== 'kinesis') return;
  const options = connections.optionsOf(connector.kind, connector.connection);
  if ('format' in table && needsRegistry(table)) registryEndpoint(options);
}

/** Framed JSON carries its registry's five bytes, which are passed over without asking it. */
function needsRegistry({ format }: SourceTable): boolean {
  return format.kind === 'avro' && format.schema.kind === 'registry';
}
