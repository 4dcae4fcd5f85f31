import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { Schema } from '../../event/schema.ts';
import type { LookupTable } from '../../sql/script.ts';

/** Which table: one that Helios knows by its name, or files at a place. */
export type LookupRequest = Pick<LookupTable, 'name'> & {
  /** With an absolute path, or a URL. */
  readonly place: LookupTable['place'];
};

/** A version of a table, whose files stay until `release`. */
export type LookupVersion = {
  readonly schema: Schema;
  /** Versions that have the same one have the same rows. */
  readonly key: string;
  /**
   * SELECTs of its rows, of which at least these columns are there: the second one for what the
   * first can't bind. To be run before `release`.
   */
  readonly rows: (columns: readonly string[]) => Promise<readonly [string, string]>;
  readonly release: () => Promise<void>;
};

/** The tables that streams can be joined with. */
export interface LookupTables {
  /** Those that go by a name alone. */
  names(): readonly string[];
  /** Pins the newest version. `not_found` where there is no such table. */
  pin(request: LookupRequest): Promise<LookupVersion>;
}

/** Where there are none. */
export const noLookupTables: LookupTables = {
  names: () => [],
  pin: async ({ name }) =>
    await Promise.reject(new HeliosError('not_found', `There is no table ${name}.`)),
};

/** Who waits for a table to be readable tries again: nothing was read of the sources meanwhile. */
export function unreadable(name: string, thrown: unknown): HeliosError {
  const { message, hint } = asHeliosError(thrown);
  return new HeliosError('unavailable', `The lookup table ${name} can't be read: ${message}`, {
    hint: hint ?? 'The pipeline goes on by itself once it can be read.',
    cause: thrown,
  });
}
