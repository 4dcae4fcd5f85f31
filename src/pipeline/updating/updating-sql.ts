import { quoteName, quoteText } from '../../engine/types.ts';
import type { StateColumn, UpdatingInput, UpdatingNode } from '../dataflow/dataflow.ts';

/** A table of a node's state: what came from an input, or what the node has given. */
export type StateTable = {
  /** Its columns without `__weight` BIGINT and `__at` BIGINT, which come last. */
  readonly columns: readonly StateColumn[];
  /** Names of those that hold the keys. */
  readonly keys: readonly string[];
  /** The rows that a table in FROM holds, in fewer rows and without those gone; no `__at`. */
  readonly folded: (rows: string) => string;
};

/**
 * The SQL of an updating node over its state: logs of rows, each with how many copies of it came or
 * went (`__weight`), and when, in milliseconds since 1970 (`__at`).
 */
export class UpdatingSql {
  readonly #node: UpdatingNode;
  readonly inputs: readonly StateTable[];
  /** What the node has given, by which is told what changes. */
  readonly given: StateTable;

  constructor(node: UpdatingNode) {
    this.#node = node;
    this.inputs = node.inputs.map((input) => ({
      columns: [...input.keys, ...input.values],
      keys: input.keys.map(({ name }) => name),
      folded: (rows) => foldedInput(input, rows),
    }));
    this.given = {
      columns: node.columns,
      keys: node.resultKeys,
      folded: (rows) => foldedBag(node.columns, rows),
    };
  }

  /** What an epoch's intake adds to the log of its input. */
  taken(index: number, intake: string, nowMs: number): string {
    const table = this.inputs[index];
    const rows = table?.folded(`(${intake}\n)`) ?? intake;
    return `SELECT *, ${nowMs}::BIGINT AS "__at" FROM (${rows})`;
  }

  /** The keys of rows that came or went, as `__0`, `__1` …, once each. */
  touched(takens: readonly (string | undefined)[]): string {
    const selects = takens.flatMap((taken, index) => {
      if (taken === undefined) return [];
      const keys = numberedList(this.inputs[index]?.keys ?? []).join(', ');
      return [`SELECT ${keys || 'true AS "__none"'} FROM ${taken}`];
    });
    return `SELECT DISTINCT * FROM (${selects.join(' UNION ALL ')})`;
  }

  /** Rows of a state table whose keys are touched and that aren't forgotten. */
  ofTouched(table: StateTable, rows: string, keys: TouchedKeys): string {
    const on = sameKeys(table, 'rows', 'keys');
    const touched = `SELECT * FROM ${rows} rows SEMI JOIN ${keys.touched} keys ON ${on}`;
    if (keys.known === undefined) return touched;
    return `SELECT rows.* FROM (${touched}) rows LEFT JOIN ${keys.known} keys ON ${on}
      WHERE keys."__since" IS NULL OR rows."__at" >= keys."__since"`;
  }

  /**
   * Of each key in `rows` (keys as `__0` …, `__at`): when it was last touched (`__last`), and when
   * it last was after it had been forgotten (`__since`), if it ever was.
   */
  known(rows: string): string {
    const keys = this.given.keys.map((_, place) => numberedName(place));
    const by = keys.length === 0 ? '' : `PARTITION BY ${keys.join(', ')}`;
    return `SELECT ${leading(keys)}max("__at") AS "__last",
      max("__at") FILTER ("__at" - "__before" > ${this.#node.ttlMs}) AS "__since" FROM
      (SELECT *, lag("__at") OVER (${by} ORDER BY "__at") AS "__before"
        FROM (SELECT DISTINCT * FROM (${rows})))
      GROUP BY ${keys.join(', ') || '()'}`;
  }

  /** When the keys of a state table's rows were touched. */
  touches(table: StateTable, rows: string): string {
    return `SELECT ${leading(numberedList(table.keys))}"__at" FROM ${rows}`;
  }

  /** Rows of a state table in fewer rows, without what is forgotten by now. */
  snapshot(table: StateTable, rows: string, keys: KnownKeys): string {
    const on = `${sameKeys(table, 'rows', 'keys')} AND ${this.isLiving(keys.nowMs)}`;
    const living = `SELECT rows.* FROM (${rows}) rows JOIN ${keys.known} keys ON ${on}
      WHERE keys."__since" IS NULL OR rows."__at" >= keys."__since"`;
    return `SELECT rows.*, keys."__last" AS "__at" FROM (${table.folded(`(${living})`)}) rows
      JOIN ${keys.known} keys ON ${on}`;
  }

  /** Whether a key of `known` isn't forgotten by now. */
  isLiving(nowMs: number): string {
    return `keys."__last" >= ${nowMs - this.#node.ttlMs}`;
  }

  /** What the node gives for the kept rows of some keys, of each input those. */
  result(kept: readonly string[]): string {
    const relations = kept.map((rows, index) => {
      const input = this.#node.inputs[index];
      const all = this.inputs[index]?.folded(`(${rows})`) ?? rows;
      const copies = input?.isRetracting === true ? copied(all) : all;
      const list = (this.inputs[index]?.columns ?? []).map(({ name }) => quoteName(name));
      return `"__rows_${index}" AS (SELECT ${list.join(', ') || '1'} FROM (${copies}))`;
    });
    return `WITH ${relations.join(', ')} SELECT * FROM (${this.#node.result.text}\n)`;
  }

  /** How the rows of `result` differ from those that were given for the same keys. */
  changes(result: string, given: string): string {
    const columns = columnList(this.given.columns);
    const keys = this.given.keys.map((key, place) => `${numberedName(place)} := ${quoteName(key)}`);
    const key = keys.length === 0 ? quoteText('') : `to_json(struct_pack(${keys.join(', ')}))`;
    const all = `SELECT ${columns}, 1 AS "__weight" FROM ${result}
      UNION ALL SELECT ${columns}, -"__weight" FROM (${given})`;
    return `SELECT ${columns}, (${key})::VARCHAR AS "__key", "__weight"
      FROM (${foldedBag(this.given.columns, `(${all})`)})`;
  }
}

/** Tables of keys: those that are touched; and as `known`, where some may have been forgotten. */
export type TouchedKeys = { readonly touched: string; readonly known: string | undefined };

/** A table as `known` gives it, and what time it is. */
export type KnownKeys = { readonly known: string; readonly nowMs: number };

export function columnList(columns: readonly { readonly name: string }[]): string {
  return columns.map(({ name }) => quoteName(name)).join(', ');
}

function foldedInput(input: UpdatingInput, rows: string): string {
  if (input.isRetracting) return foldedBag([...input.keys, ...input.values], rows);
  const isMerged = input.values.some(({ merge }) => merge !== undefined);
  const columns = columnList([...input.keys, ...input.values]);
  if (!isMerged) return `SELECT ${columns}, "__weight" FROM ${rows}`;
  const keys = columnList(input.keys);
  const values = input.values.map(({ name, typeText, merge }) => {
    const column = quoteName(name);
    return `CAST(${merge ?? 'any_value'}(${column}) AS ${typeText}) AS ${column}, `;
  });
  return `SELECT ${leading(input.keys.map(({ name }) => quoteName(name)))}${values.join('')}
    sum("__weight")::BIGINT AS "__weight" FROM ${rows}
    GROUP BY ${keys || '()'} HAVING count(*) > 0`;
}

/** Each row once, with how many there are of it; what came as often as it went is gone. */
function foldedBag(columns: readonly StateColumn[], rows: string): string {
  const list = columnList(columns);
  return `SELECT ${list}${list && ', '}sum("__weight")::BIGINT AS "__weight" FROM ${rows}
    GROUP BY ${list || '()'} HAVING sum("__weight") <> 0`;
}

/** Each row as often as it is there. */
function copied(rows: string): string {
  return `SELECT *, unnest(range("__weight")) FROM (${rows}) WHERE "__weight" > 0`;
}

function sameKeys({ keys }: StateTable, rows: string, numbers: string): string {
  const isSame = keys.map((key, place) => {
    return `${rows}.${quoteName(key)} IS NOT DISTINCT FROM ${numbers}.${numberedName(place)}`;
  });
  return isSame.join(' AND ') || 'true';
}

function numberedList(keys: readonly string[]): readonly string[] {
  return keys.map((key, place) => `${quoteName(key)} AS ${numberedName(place)}`);
}

function numberedName(place: number): string {
  return `"__${place}"`;
}

function leading(list: readonly string[]): string {
  return list.map((one) => `${one}, `).join('');
}
