import type { ConnectionContext, PlainOptions } from '../context.ts';
import { HttpSchemaRegistry } from './http-registry.ts';
import type { SchemaRegistry } from './schema-registry.ts';

/** Registries that are known at a time: clusters have one each. */
const registriesMax = 100;

/** The registries of all tables: those with the same options share one, and what it knows. */
export class SchemaRegistries {
  readonly #context: ConnectionContext;
  readonly #registries = new Map<string, SchemaRegistry>();

  constructor(context: ConnectionContext) {
    this.#context = context;
  }

  /** The registry that a connection's options name; `invalid_config` where they name none. */
  of(options: PlainOptions): SchemaRegistry {
    const names = Object.keys(options).filter((name) => name.startsWith('schema_registry.'));
    const key = JSON.stringify(names.toSorted().map((name) => [name, options[name]]));
    const known = this.#registries.get(key);
    if (known !== undefined) return known;
    const registry = new HttpSchemaRegistry(options, this.#context);
    if (this.#registries.size >= registriesMax) this.#registries.clear();
    this.#registries.set(key, registry);
    return registry;
  }
}
