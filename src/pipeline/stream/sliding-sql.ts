import type { WindowNode } from '../dataflow/dataflow.ts';
import { endUs, type TimeUs } from './manifest-stream.ts';
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
 * Windows of one width that begin at multiples of `slideUs`. A row is kept with the multiple at or
 * before its time, `__bin`: it is in the windows that end from one slide behind that to one width.
 */
export class SlidingSql implements WindowSql {
  readonly spanColumns: readonly string[] = ['__bin'];
  readonly #node: WindowNode;
  readonly #widthUs: bigint;
  readonly #slideUs: bigint;

  constructor(
    node: WindowNode,
    { widthUs, slideUs }: { readonly widthUs: bigint; readonly slideUs: bigint },
  ) {
    this.#node = node;
    this.#widthUs = widthUs;
    this.#slideUs = slideUs;
  }

  taken(intake: string): string {
    const at = 'epoch_us("__time")';
    const slide = this.#slideUs;
    // Towards the past also before 1970.
    const bin = `${at} - ((${at} % ${slide}) + ${slide}) % ${slide}`;
    const columns = leading(stateColumns(this.#node));
    const rows = `SELECT ${columns}${bin} AS "__bin" FROM (${intake})`;
    return isMerged(this.#node) ? this.#merged(rows, ', count(*) AS "__count"') : rows;
  }

  counts(from: TimeUs | undefined): TakenCounts {
    const count = isMerged(this.#node) ? 'sum("__count")' : 'count(*)';
    const isFresh = this.#isFresh(from);
    return {
      timeless: `${count} FILTER ("__bin" IS NULL)`,
      late: `${count} FILTER (NOT (${isFresh}))`,
      firstEnd: `min("__bin" + ${this.#slideUs}) FILTER (${isFresh})`,
      lastEnd: `max("__bin" + ${this.#widthUs}) FILTER (${isFresh})`,
    };
  }

  fresh(taken: string, from: TimeUs | undefined): string {
    const columns = leading(stateColumns(this.#node));
    return `SELECT ${columns}"__bin" FROM ${taken} WHERE ${this.#isFresh(from)}`;
  }

  open(fresh: string, _state: string, to: TimeUs | undefined): string {
    return `SELECT * FROM (${fresh}) WHERE ${this.#isOpen(to)}`;
  }

  mayEnd({ from, to }: Move): boolean {
    if (to === undefined) return false;
    return from === undefined || floorOf(from, this.#slideUs) < floorOf(to, this.#slideUs);
  }

  closing(state: string, fresh: string, { from, to }: Move): string {
    const columns = leading(stateColumns(this.#node));
    const rows = `SELECT * FROM (SELECT * FROM ${state} UNION ALL ${fresh})
      WHERE ${this.#isOpen(from)} AND "__bin" + ${this.#slideUs} <= ${timeText(to)}`;
    const ends = `SELECT *, unnest(range(${this.#firstSlide(from)}, ${this.#lastSlide(to)} + 1))
      * ${this.#slideUs} + "__bin" AS "__end" FROM (${rows})`;
    const window = windowStruct(`"__end" - ${this.#widthUs}`, '"__end"');
    if (this.#widthUs === this.#slideUs) {
      const only = windowStruct('"__bin"', `"__bin" + ${this.#widthUs}`);
      return `SELECT ${columns}${only} AS "__window" FROM (${rows})`;
    }
    return `SELECT ${columns}${window} AS "__window" FROM (${ends})`;
  }

  folded(rows: string, watermark: TimeUs | undefined): string {
    const live = `SELECT * FROM (${rows}) WHERE ${this.#isOpen(watermark)}`;
    return isMerged(this.#node) ? this.#merged(live, '') : live;
  }

  /** Its earliest window had not ended. */
  #isFresh(from: TimeUs | undefined): string {
    return `"__bin" + ${this.#slideUs} > ${timeText(from)}`;
  }

  /** Its last window has not ended. */
  #isOpen(watermark: TimeUs | undefined): string {
    return `"__bin" + ${this.#widthUs} > ${timeText(watermark)}`;
  }

  /** Of a row's windows, counted by their ends in slides from its bin, the first behind `from`. */
  #firstSlide(from: TimeUs | undefined): string {
    if (from === undefined) return '1';
    const { text, slides } = this.#slidesTo(from);
    return `CASE WHEN ${text} < "__bin" + ${this.#slideUs} THEN 1 ELSE ${slides} + 1 END`;
  }

  #lastSlide(to: TimeUs | undefined): string {
    const all = this.#widthUs / this.#slideUs;
    if (to === undefined || to === endUs) return String(all);
    return `least(${all}, ${this.#slidesTo(to).slides})`;
  }

  #slidesTo(time: TimeUs): { readonly text: string; readonly slides: string } {
    const text = timeText(time);
    const distance = `(${text}::HUGEINT - "__bin")`;
    return { text, slides: `(${distance} // ${this.#slideUs})::BIGINT` };
  }

  #merged(rows: string, count: string): string {
    const { keys } = this.#node;
    const values = mergedValues(this.#node);
    const groups = columnList([...keys, { name: '__bin' }]);
    return `SELECT ${leading(keys)}${values}"__bin"${count} FROM (${rows}) GROUP BY ${groups}`;
  }
}

function floorOf(time: TimeUs, stepUs: bigint): bigint {
  return (time - (((time % stepUs) + stepUs) % stepUs)) / stepUs;
}
