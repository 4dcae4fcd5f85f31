import type { Clock } from '../base/clock.ts';
import type { Catalog, StreamEntry } from '../catalog/catalog.ts';
import { connectionUsers } from '../catalog/connection-users.ts';
import { StoredConnections } from '../catalog/connections.ts';
import type { Connections } from '../connection/connection.ts';
import type { ConnectionContext } from '../connection/context.ts';
import { ReferencedSecrets } from '../connection/secrets.ts';
import type { ConnectionDependencies } from '../server/dependencies.ts';

type KnownConnectionsOptions = {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly random: () => number;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** In words. */
function streamsUsing(streams: readonly StreamEntry[], connection: string): readonly string[] {
  const wanted = connection.toLowerCase();
  return streams
    .filter((stream) => stream.connection.toLowerCase() === wanted)
    .map(({ name }) => `the stream ${name}`);
}

/** The catalog's connections, what it takes to use them, and how to try one. */
export type KnownConnections = {
  readonly connections: Connections;
  readonly context: ConnectionContext;
  readonly test: ConnectionDependencies['test'];
};

export function knownConnections(options: KnownConnectionsOptions): KnownConnections {
  const { catalog, clock, random, environment } = options;
  const secrets = new ReferencedSecrets({ environment, clock, random });
  const context = { secrets, environment, clock, random };
  const connections = new StoredConnections({
    catalog,
    clock,
    usersOf: (name) => [
      ...connectionUsers(catalog.pipelines(), name),
      ...streamsUsing(catalog.streams(), name),
    ],
  });
  return {
    connections,
    context,
    test: async function* test(connection, request) {
      // The clients of Kafka and Kinesis would be three quarters of what a start has to load.
      const { testConnection } = await import('../connection/check/test-connection.ts');
      yield* testConnection(connection, context, request);
    },
  };
}
