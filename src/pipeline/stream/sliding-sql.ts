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
 * Windows of one width that begin at multiples of `slideUs`. A row is kept with `__bin`, the step
 * at or before its time, of which both the slide and the width are multiples: rows of one bin are
 * in the same windows. Where the width is a multiple of the slide, that is the step.
 */
export class SlidingSql implements WindowSql {
  readonly spanColumns: readonly string[] = ['__bin'];
  readonly isDear = false;
  readonly #node: WindowNode;
  readonly #widthUs: bigint;
  readonly #slideUs: bigint;
  readonly #stepUs: bigint;

  constructor(
    node: WindowNode,
    { widthUs, slideUs }: { readonly widthUs: bigint; readonly slideUs: bigint },
  ) {
    this.#node = node;
    this.#widthUs = widthUs;
    this.#slideUs = slideUs;
    this.#stepUs = commonStep(widthUs, slideUs);
  }

  taken(intake: string): string {
    const columns = leading(stateColumns(this.#node));
    const rows = `SELECT ${columns}${this.#bin} AS "__bin" FROM (${intake})`;
    return isMerged(this.#node) ? this.#merged(rows, ', count(*) AS "__count"') : rows;
  }

  counts(from: TimeUs | undefined): TakenCounts {
    const count = isMerged(this.#node) ? 'sum("__count")' : 'count(*)';
    const isFresh = this.#isFresh(from);
    return {
      timeless: `${count} FILTER ("__bin" IS NULL)`,
      late: `${count} FILTER (NOT (${isFresh}))`,
      firstEnd: `min(${this.#firstEnd}) FILTER (${isFresh})`,
      lastEnd: `max(${this.#lastEnd}) FILTER (${isFresh})`,
    };
  }

  fresh(taken: string, from: TimeUs | undefined): string {
    const columns = leading(stateColumns(this.#node));
    return `SELECT ${columns}"__bin" FROM ${taken} WHERE ${this.#isFresh(from)}`;
  }

  open(fresh: string, _state: string, to: TimeUs | undefined): string {
    return `SELECT * FROM (${fresh}) WHERE ${this.#isOpen(to)}`;
  }

  late(rows: string, from: TimeUs | undefined): string {
    const window = windowStruct(`${this.#firstEnd} - ${this.#widthUs}`, this.#firstEnd);
    const binned = `SELECT *, ${this.#bin} AS "__bin" FROM (${rows})`;
    return `SELECT *, ${window} AS "__window" FROM (${binned}) WHERE NOT (${this.#isFresh(from)})`;
  }

  mayEnd({ from, to }: Move): boolean {
    if (to === undefined) return false;
    return from === undefined || this.#endsBy(from) < this.#endsBy(to);
  }

  closing(state: string, fresh: string, { from, to }: Move): string {
    const columns = leading(stateColumns(this.#node));
    const rows = `SELECT * FROM (SELECT * FROM ${state} UNION ALL ${fresh})
      WHERE ${this.#isOpen(from)} AND ${this.#firstEnd} <= ${timeText(to)}`;
    const ends = `SELECT *, unnest(range(${this.#firstSlide(from)}, ${this.#lastSlide(to)} + 1))
      * ${this.#slideUs} + ${this.#firstEnd} AS "__end" FROM (${rows})`;
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

  get #bin(): string {
    const at = 'epoch_us("__time")';
    return `${at} - ${remainderSql(at, this.#stepUs)}`;
  }

  /** Its earliest window had not ended. */
  #isFresh(from: TimeUs | undefined): string {
    return `${this.#firstEnd} > ${timeText(from)}`;
  }

  /** Its last window has not ended. */
  #isOpen(watermark: TimeUs | undefined): string {
    return `${this.#lastEnd} > ${timeText(watermark)}`;
  }

  /** Ends lie a width behind multiples of the slide: the first of them behind the bin. */
  get #firstEnd(): string {
    const remainder = this.#remainder(`"__bin" - ${this.#widthUs}`);
    return `("__bin" + ${this.#slideUs}${remainder})`;
  }

  /** That of the window which begins last at or before the bin. */
  get #lastEnd(): string {
    return `("__bin" + ${this.#widthUs}${this.#remainder('"__bin"')})`;
  }

  /** ` - ` how far that is behind a multiple of the slide, where it is. */
  #remainder(of: string): string {
    return this.#stepUs === this.#slideUs ? '' : ` - ${remainderSql(`(${of})`, this.#slideUs)}`;
  }

  /** How many ends there are by then, of all since one in the past. */
  #endsBy(time: TimeUs): bigint {
    return floorOf(time - this.#widthUs, this.#slideUs);
  }

  /** Of a row's windows, counted by their ends in slides from the first: the first after `from`. */
  #firstSlide(from: TimeUs | undefined): string {
    if (from === undefined) return '0';
    const text = timeText(from);
    return `CASE WHEN ${text} < ${this.#firstEnd} THEN 0 ELSE ${this.#slidesTo(from)} + 1 END`;
  }

  #lastSlide(to: TimeUs | undefined): string {
    const all = `(${this.#lastEnd} - ${this.#firstEnd}) // ${this.#slideUs}`;
    if (to === undefined || to === endUs) return all;
    return `least(${all}, ${this.#slidesTo(to)})`;
  }

  #slidesTo(time: TimeUs): string {
    const distance = `(${timeText(time)}::HUGEINT - ${this.#firstEnd})`;
    return `(${distance} // ${this.#slideUs})::BIGINT`;
  }

  #merged(rows: string, count: string): string {
    const { keys } = this.#node;
    const values = mergedValues(this.#node);
    const groups = columnList([...keys, { name: '__bin' }]);
    return `SELECT ${leading(keys)}${values}"__bin"${count} FROM (${rows}) GROUP BY ${groups}`;
  }
}

/** The remainder towards the past, also before 1970. */
function remainderSql(of: string, stepUs: bigint): string {
  return `((${of} % ${stepUs}) + ${stepUs}) % ${stepUs}`;
}

/** The greatest that both are multiples of. */
function commonStep(aUs: bigint, bUs: bigint): bigint {
  return bUs === 0n ? aUs : commonStep(bUs, aUs % bUs);
}

function floorOf(time: TimeUs, stepUs: bigint): bigint {
  return (time - (((time % stepUs) + stepUs) % stepUs)) / stepUs;
}
