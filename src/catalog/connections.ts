import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { checkedOptions } from '../connection/check/check-options.ts';
import type { Connection, ConnectionKind, Connections } from '../connection/connection.ts';
import { readConnectionOptions } from '../sql/connector/connection-options.ts';
import type { ConnectionOptions } from '../sql/script.ts';
import { type Catalog, notFound } from './catalog.ts';

type StoredConnectionsOptions = {
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** Who uses a connection, in words (`the pipeline clicks`). */
  readonly usersOf: (name: string) => readonly string[];
};

/** Connections in the catalog: options and references to secrets, never a secret. */
export class StoredConnections implements Connections {
  readonly #options: StoredConnectionsOptions;

  constructor(options: StoredConnectionsOptions) {
    this.#options = options;
  }

  list(): readonly Connection[] {
    return this.#options.catalog.connections();
  }

  get(name: string): Connection {
    const all = this.list();
    const found = all.find((connection) => isSameName(connection.name, name));
    if (found !== undefined) return found;
    const names = all.map((connection) => connection.name);
    throw notFound('connection', name, names);
  }

  create({ name, kind, options }: Omit<Connection, 'createdAtMs'>): Connection {
    checkName(name);
    const connection = {
      name,
      kind,
      options: checkedOptions(kind, options),
      createdAtMs: this.#options.clock.nowMs(),
    };
    this.#options.catalog.addConnection(connection);
    return connection;
  }

  delete(name: string): void {
    const connection = this.get(name);
    const users = this.#options.usersOf(connection.name);
    if (users.length === 0) {
      this.#options.catalog.deleteConnection(connection.name);
      return;
    }
    const list = users.join(', ');
    throw new HeliosError('conflict', `The connection ${connection.name} is used by ${list}.`, {
      hint: 'Delete what uses it first, or edit it to use another connection.',
      details: { users },
    });
  }

  optionsOf(
    kind: ConnectionKind,
    { profile, options }: ConnectionOptions,
  ): Readonly<Record<string, string>> {
    if (profile === undefined) return checkedOptions(kind, options);
    const stored = this.get(profile);
    if (stored.kind !== kind) {
      const message = `The connection ${stored.name} is for ${stored.kind}, not for ${kind}.`;
      throw new HeliosError('invalid_config', message, {
        hint: `Use connector = '${stored.kind}', or another connection_profile.`,
      });
    }
    // Spellings are made equal before one is laid over the other.
    const own = readConnectionOptions({ connector: kind, options, isComplete: false });
    const isSound = own.problems.length === 0;
    return checkedOptions(kind, isSound ? { ...stored.options, ...own.options } : options);
  }
}

function isSameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** The same in SQL, in a URL and in a shell. */
function checkName(name: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$/.test(name)) return;
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name;
  throw new HeliosError('invalid_name', `${JSON.stringify(shown)} can't name a connection.`, {
    hint: 'Use 1 to 128 letters (a to z), digits, "_" and "-", not beginning with "-".',
  });
}
