import { quoteName } from '../../engine/types.ts';
import type { StateColumn, WindowNode } from '../dataflow/dataflow.ts';
import { endUs, type TimeUs } from './manifest-stream.ts';

/** Watermarks before and after an epoch; undefined before any. */
export type Move = { readonly from: TimeUs | undefined; readonly to: TimeUs | undefined };

/** What an epoch's rows are counted by. */
export type TakenCounts = {
  readonly timeless: string;
  readonly late: string;
  /** The least and the greatest end that a window of a row which isn't late may have. */
  readonly firstEnd: string;
  readonly lastEnd: string;
};

/**
 * The SQL of one window node over its kept rows: columns of the node, then where in time each of
 * them lies, in whole microseconds since 1970.
 */
export interface WindowSql {
  /** Columns that say where in time a kept row lies. */
  readonly spanColumns: readonly string[];
  /** `fresh` and `open` cost so much that what they give is kept: each is read several times. */
  readonly isDear: boolean;
  /** What the epoch's intake becomes: kept as a table, late rows among it. */
  taken(intake: string): string;
  /** Aggregates over that table, by which its rows are counted. */
  counts(from: TimeUs | undefined): TakenCounts;
  /** Of that table, what isn't late, as kept rows. */
  fresh(taken: string, from: TimeUs | undefined): string;
  /** Of the fresh rows, those that windows need which are open after the move. */
  open(fresh: string, state: string, to: TimeUs | undefined): string;
  /** Of rows with `__time`, those that are late, with `__window`, the first that was over. */
  late(rows: string, from: TimeUs | undefined): string;
  /** False where no window can end in the move. */
  mayEnd(move: Move): boolean;
  /** Rows with `__window`, once for each window that ends in the move. */
  closing(state: string, fresh: string, move: Move): string;
  /**
   * The same state in fewer rows, without what is over. `isWhole`: no other kept row is before or
   * among these in time.
   */
  folded(rows: string, watermark: TimeUs | undefined, isWhole: boolean): string;
}

/** Whether rows with equal keys in the same span become one: only where they have a value. */
export function isMerged({ values }: WindowNode): boolean {
  return values.length > 0 && values.every(({ merge }) => merge !== undefined);
}

export function stateColumns(node: WindowNode): readonly StateColumn[] {
  return [...node.keys, ...node.values];
}

export function columnList(columns: readonly { readonly name: string }[]): string {
  return columns.map(({ name }) => quoteName(name)).join(', ');
}

/** `a, b, ` of what may be nothing. */
export function leading(columns: readonly { readonly name: string }[]): string {
  return columns.map(({ name }) => `${quoteName(name)}, `).join('');
}

/** `sum(v)::BIGINT AS v, ` … of each value. */
export function mergedValues(node: WindowNode): string {
  return node.values
    .map(({ name, typeText, merge }) => {
      const column = quoteName(name);
      return `CAST(${merge ?? 'any_value'}(${column}) AS ${typeText}) AS ${column}, `;
    })
    .join('');
}

/** Before any watermark nothing is late and nothing ends. */
export function timeText(time: TimeUs | undefined): string {
  return `(${time ?? -endUs})::BIGINT`;
}

export function windowStruct(startUs: string, finishUs: string): string {
  return `struct_pack("start" := make_timestamptz(${startUs}),
    "end" := make_timestamptz(${finishUs}))`;
}
