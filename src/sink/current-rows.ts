import { quoteName } from '../engine/types.ts';

/*
 * Tables that are kept current. Rows are known by the values of some columns, their keys. A part of
 * such a table has two columns more than the table, and of each key that changed all rows that it
 * then had, or, where it had none, one row that says so.
 */

/** TRUE in a row that says that its key has no rows. */
const goneColumn = '"__gone"';
/** The epoch after which a row was there. */
const epochColumn = '"__epoch"';

/** No column of such a table may have these names. */
export const partColumns: readonly string[] = ['__gone', '__epoch'];

export type ChangedRows = {
  /** SELECT of rows that came or went. */
  readonly changed: string;
  /** SELECT of all rows that their keys now have, and perhaps of other keys' rows. */
  readonly now: string;
  readonly keys: readonly string[];
  readonly epoch: number;
};

/** SELECT of what an epoch's part has. */
export function currentPart({ changed, now, keys, epoch }: ChangedRows): string {
  const list = keys.map(quoteName).join(', ') || 'true AS "__any"';
  const at = `${epoch}::BIGINT AS ${epochColumn}`;
  const names = keys.map((key) => `c.${quoteName(key)}, `).join('');
  return `WITH "__changed" AS MATERIALIZED (SELECT DISTINCT ${list} FROM (${changed})),
      "__now" AS MATERIALIZED (${now})
    SELECT n.*, false AS ${goneColumn}, ${at} FROM "__now" n
      SEMI JOIN "__changed" c ON ${sameKeys('n', 'c', keys)}
    UNION ALL BY NAME SELECT ${names}true AS ${goneColumn}, ${at} FROM "__changed" c
      ANTI JOIN "__now" n ON ${sameKeys('n', 'c', keys)}`;
}

/** Of rows of parts, in FROM, those that their keys had last. */
export function newestRows(rows: string, keys: readonly string[]): string {
  const by = keys.length === 0 ? '' : `PARTITION BY ${keys.map(quoteName).join(', ')}`;
  return `SELECT * FROM ${rows} QUALIFY ${epochColumn} = max(${epochColumn}) OVER (${by})`;
}

/** Of these, those that are there. */
export function rowsThere(newest: string): string {
  return `SELECT * EXCLUDE (${goneColumn}, ${epochColumn})
    FROM (${newest}) WHERE NOT ${goneColumn}`;
}

/** Rows, in FROM, whose keys aren't among those of other rows, in FROM as well. */
export function withoutKeys(rows: string, others: string, keys: readonly string[]): string {
  const list = keys.map(quoteName).join(', ') || 'true AS "__any"';
  return `SELECT cold.* FROM ${rows} AS cold ANTI JOIN (SELECT DISTINCT ${list} FROM ${others})
    AS hot ON ${sameKeys('cold', 'hot', keys)}`;
}

/** Whether rows of two relations have the same keys. */
export function sameKeys(left: string, right: string, keys: readonly string[]): string {
  const isSame = keys.map((key) => {
    const name = quoteName(key);
    return `${left}.${name} IS NOT DISTINCT FROM ${right}.${name}`;
  });
  return isSame.join(' AND ') || 'true';
}
