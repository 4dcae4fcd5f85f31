import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { duckdbType, quoteName } from '../../engine/types.ts';
import type { Schema } from '../../event/schema.ts';
import type { LookupTable } from '../../sql/script.ts';
import type { DataflowLookup } from '../dataflow/dataflow.ts';
import type { Plan } from '../plan/plan.ts';
import { copyName, copySelect } from './copy-select.ts';
import { resolvePath } from '../sinks/resolve-path.ts';
import {
  type LookupRequest,
  type LookupTables,
  type LookupVersion,
  noLookupTables,
  unreadable,
} from './lookup-tables.ts';

export type LookupContext = {
  readonly connection: Connection;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly tables: LookupTables | undefined;
  /** Where relative paths of the script start. */
  readonly baseDirectory: string;
};

/** Of its time, a pipeline spends no more than one part in so many on reading a table again. */
const loadShare = 10;

type Copy = {
  readonly table: LookupTable;
  readonly lookup: DataflowLookup;
  readonly index: number;
  /** The version's that it holds. */
  key: string | undefined;
  /** Of the monotonic clock: when the table is looked at again. */
  dueAtMs: number;
};

/**
 * What a pipeline's SELECTs see of the tables that they look up: a copy of the columns that they
 * name, of one version, in the pipeline's connection. Between epochs each is read again whose table
 * has another version by then. DuckDB moves to its disk what doesn't fit into memory.
 */
export class LookupCopies {
  readonly #context: LookupContext;
  readonly #copies: readonly Copy[];

  constructor(
    lookups: readonly DataflowLookup[],
    tables: readonly LookupTable[],
    context: LookupContext,
  ) {
    this.#context = context;
    this.#copies = lookups.flatMap((lookup, index) => {
      const table = tables.find(({ name }) => name === lookup.name);
      return table === undefined
        ? []
        : [{ table, lookup, index, key: undefined, dueAtMs: -Infinity }];
    });
  }

  /** Name of a table → SELECT of its rows. */
  relations(): readonly (readonly [string, string])[] {
    return this.#copies.map(({ lookup, index }) => [lookup.name, copySelect(index)]);
  }

  /**
   * Makes those copies current that are due. `unavailable` where a table can't be read now, is
   * gone, or has other columns than SELECTs were planned with: who opens anew plans with these.
   */
  async refresh(): Promise<void> {
    for (const copy of this.#copies) {
      const startedMs = this.#context.clock.monotonicMs();
      if (startedMs < copy.dueAtMs) continue;
      try {
        await this.#look(copy);
      } catch (thrown) {
        throw unreadable(copy.table.name, thrown);
      }
      const tookMs = this.#context.clock.monotonicMs() - startedMs;
      copy.dueAtMs = startedMs + Math.max(copy.table.checkMs, tookMs * loadShare);
    }
  }

  async #look(copy: Copy): Promise<void> {
    const { tables = noLookupTables, baseDirectory } = this.#context;
    const version = await tables.pin(requestOf(copy.table, baseDirectory));
    try {
      if (version.key === copy.key) return;
      checkColumns(copy, version.schema);
      await this.#load(copy, version);
      copy.key = version.key;
    } finally {
      await version.release();
    }
  }

  async #load({ lookup, index }: Copy, version: LookupVersion): Promise<void> {
    const { connection } = this.#context;
    const columns = lookup.columns.map((column) => {
      const name = quoteName(column.name);
      return `CAST(${name} AS ${column.typeText}) AS ${name}`;
    });
    const list = columns.join(', ');
    const create = async (rows: string): Promise<void> =>
      await connection.execute(
        `CREATE OR REPLACE TEMP TABLE ${copyName(index)} AS SELECT ${list} FROM (${rows})`,
      );
    const [plain, padded] = await version.rows(lookup.columns.map((column) => column.name));
    try {
      await create(plain);
    } catch (thrown) {
      if (asHeliosError(thrown).code !== 'invalid_sql') throw thrown;
      await create(padded);
    }
  }
}

/** Those of a plan; undefined where it looks nothing up. */
export function lookupCopies(
  { lookups = [], script }: Plan,
  context: LookupContext,
): LookupCopies | undefined {
  return lookups.length === 0 ? undefined : new LookupCopies(lookups, script.lookups, context);
}

function requestOf({ name, place }: LookupTable, baseDirectory: string): LookupRequest {
  return {
    name,
    place: place && { ...place, path: resolvePath(place.path, baseDirectory) },
  };
}

/** Columns that a script declares are cast; others are as they were when it was planned. */
function checkColumns({ table, lookup }: Copy, schema: Schema): void {
  for (const { name, type } of lookup.columns) {
    const found = schema.find((column) => column.name.toLowerCase() === name.toLowerCase());
    if (found === undefined) {
      throw new HeliosError('invalid_config', `It has no column ${name}.`, {
        hint: `It has: ${schema.map((column) => column.name).join(', ')}.`,
      });
    }
    const wanted = duckdbType(type);
    const given = duckdbType(found.type);
    if (table.columns !== undefined || wanted === given) continue;
    const message = `Its column ${name} is ${given} now, and was ${wanted}.`;
    throw new HeliosError('invalid_config', message, {
      hint: 'The pipeline starts again with the new type, if its SQL and its tables take it.',
    });
  }
}
