import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import type { ViewStatements } from './messages.ts';

/**
 * The views that a query process has made. One that is asked for again as it is isn't made again:
 * making it would look into all its files. The names in it are never given to other files.
 */
export class Views {
  readonly #connection: Connection;
  /** Table → what its view was made of. */
  readonly #made = new Map<string, string>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async make({ name, plain, padded }: ViewStatements): Promise<void> {
    if (this.#made.get(name) === plain) return;
    this.#made.delete(name);
    try {
      await this.#connection.execute(plain);
    } catch (thrown) {
      if (!(thrown instanceof HeliosError) || thrown.code !== 'invalid_sql') throw thrown;
      await this.#connection.execute(padded);
    }
    this.#made.set(name, plain);
  }
}
