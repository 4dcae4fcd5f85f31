import { quoteName } from '../../engine/types.ts';
import type { WindowNode } from '../dataflow/dataflow.ts';
import type { TimeUs } from './manifest-stream.ts';
import {
  columnList,
  isMerged,
  leading,
  mergedValues,
  type Move,
  stateColumns,
  type TakenCounts,
  timeText,
  type WindowSql,
  windowStruct,
} from './window-sql.ts';

/**
 * Sessions: rows of equal keys, each less than `gapUs` behind one before it. What is kept are
 * fragments of them, from `__first` to `__last`: rows of their own, or several that became one. A
 * session is over once its last row lies a gap before the watermark.
 */
export class SessionSql implements WindowSql {
  readonly spanColumns: readonly string[] = ['__first', '__last'];
  readonly isDear = true;
  readonly #node: WindowNode;
  readonly #gapUs: bigint;

  constructor(node: WindowNode, gapUs: bigint) {
    this.#node = node;
    this.#gapUs = gapUs;
  }

  taken(intake: string): string {
    const columns = leading(stateColumns(this.#node));
    return `SELECT ${columns}epoch_us("__time") AS "__at",
      epoch_us("__time") + ${this.#gapUs} AS "__end" FROM (${intake})`;
  }

  counts(from: TimeUs | undefined): TakenCounts {
    const isFresh = `"__at" >= ${timeText(from)}`;
    return {
      timeless: 'count(*) FILTER ("__at" IS NULL)',
      late: `count(*) FILTER (NOT (${isFresh}))`,
      firstEnd: `min("__end") FILTER (${isFresh})`,
      lastEnd: 'NULL',
    };
  }

  fresh(taken: string, from: TimeUs | undefined): string {
    const rows = `SELECT ${leading(stateColumns(this.#node))}"__at" AS "__first", "__at" AS "__last"
      FROM ${taken} WHERE "__at" >= ${timeText(from)}`;
    return isMerged(this.#node) ? this.#merged(rows) : rows;
  }

  late(rows: string, from: TimeUs | undefined): string {
    const at = 'epoch_us("__time")';
    return `SELECT *, ${windowStruct(at, `${at} + ${this.#gapUs}`)} AS "__window"
      FROM (${rows}) WHERE ${at} < ${timeText(from)}`;
  }

  /** Of keys without a fragment that is open, all sessions are over. */
  open(fresh: string, state: string, to: TimeUs | undefined): string {
    const openKeys = `SELECT DISTINCT ${this.#keyList} FROM
      (SELECT * FROM ${state} UNION ALL SELECT * FROM (${fresh}))
      WHERE "__last" + ${this.#gapUs} > ${timeText(to)}`;
    return this.#ofKeys(fresh, openKeys);
  }

  mayEnd({ from, to }: Move): boolean {
    return to !== undefined && to !== from;
  }

  closing(state: string, fresh: string, { from, to }: Move): string {
    const all = `SELECT * FROM ${state} UNION ALL SELECT * FROM (${fresh})`;
    const isEnding = (end: string): string =>
      `${end} > ${timeText(from)} AND ${end} <= ${timeText(to)}`;
    const endingKeys = `SELECT DISTINCT ${this.#keyList} FROM (${all})
      WHERE ${isEnding(`"__last" + ${this.#gapUs}`)}`;
    const rows = this.#ofKeys(all, endingKeys);
    const isOne = isMerged(this.#node);
    const sessions = isOne ? this.#merged(rows) : this.#whole(rows);
    const [first, last] = isOne ? ['"__first"', '"__last"'] : wholeBounds;
    const window = windowStruct(first, `${last} + ${this.#gapUs}`);
    return `SELECT ${leading(stateColumns(this.#node))}${window} AS "__window" FROM (${sessions})
      WHERE ${isEnding(`${last} + ${this.#gapUs}`)}`;
  }

  folded(rows: string, watermark: TimeUs | undefined, isWhole: boolean): string {
    const isOpen = `${this.#gapUs} > ${timeText(watermark)}`;
    if (isMerged(this.#node)) {
      const merged = this.#merged(rows);
      return isWhole ? `SELECT * FROM (${merged}) WHERE "__last" + ${isOpen}` : merged;
    }
    if (!isWhole) return rows;
    return `SELECT ${leading(stateColumns(this.#node))}"__first", "__last"
      FROM (${this.#whole(rows)}) WHERE "__session_last" + ${isOpen}`;
  }

  get #keyList(): string {
    return this.#node.keys.length === 0 ? '1 AS "__all"' : columnList(this.#node.keys);
  }

  #ofKeys(rows: string, keys: string): string {
    const { keys: columns } = this.#node;
    if (columns.length === 0) return `SELECT * FROM (${rows}) WHERE EXISTS (${keys})`;
    const isSame = columns
      .map(({ name }) => `a.${quoteName(name)} IS NOT DISTINCT FROM b.${quoteName(name)}`)
      .join(' AND ');
    return `SELECT a.* FROM (${rows}) AS a SEMI JOIN (${keys}) AS b ON ${isSame}`;
  }

  /**
   * One row for each session. Nearly all keys of an epoch have one: all their rows are less than
   * the gap apart. Only those of the others are put in order.
   */
  #merged(rows: string): string {
    const { keys } = this.#node;
    const one = `SELECT ${leading(keys)}${mergedValues(this.#node)}
      min("__first") AS "__first", max("__last") AS "__last"`;
    const groups = keys.length === 0 ? 'HAVING count(*) > 0' : `GROUP BY ${columnList(keys)}`;
    const several = `SELECT ${this.#keyList} FROM "__groups"
      WHERE "__last" >= "__first" + ${this.#gapUs}`;
    const ordered = this.#numbered(this.#ofKeys('SELECT * FROM "__fragments"', several));
    return `WITH "__fragments" AS (${rows}), "__groups" AS (${one} FROM "__fragments" ${groups})
      SELECT * FROM "__groups" WHERE "__last" < "__first" + ${this.#gapUs}
      UNION ALL ${one} FROM (${ordered})
      GROUP BY ${columnList([...keys, { name: '__session' }])}`;
  }

  /** Each row with the bounds of its session. */
  #whole(rows: string): string {
    const of = `OVER (PARTITION BY ${leading(this.#node.keys)}"__session")`;
    return `SELECT *, min("__first") ${of} AS "__session_first",
      max("__last") ${of} AS "__session_last" FROM (${this.#numbered(rows)})`;
  }

  /** Each row with the number of its session among those of its keys. */
  #numbered(rows: string): string {
    const { keys } = this.#node;
    const partition = keys.length === 0 ? '' : `PARTITION BY ${columnList(keys)} `;
    const order = `${partition}ORDER BY "__first", "__last"`;
    const before = `max("__last") OVER (${order}
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`;
    // Of rows at one time, those that begin a session come first, whatever order they had before.
    return `SELECT *, sum("__begins") OVER (${order}, "__begins" DESC ROWS UNBOUNDED PRECEDING)
        AS "__session"
      FROM (SELECT *, CASE WHEN "__first" < ${before} + ${this.#gapUs} THEN 0 ELSE 1 END
        AS "__begins" FROM (${rows}))`;
  }
}

/** Of a row's session, in what `#whole` gives. */
const wholeBounds = ['"__session_first"', '"__session_last"'] as const;
