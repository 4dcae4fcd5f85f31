import type { ColumnType } from '../../event/schema.ts';

/**
 * A stateful script as operators: plain data, made of the script's SELECTs by `compileDataflow`,
 * run epoch by epoch. Names of relations are unique without regard to case; those that begin with
 * `__` are Helios's own, and no script may use them.
 *
 * Hidden columns go along with the rows of a relation, behind its own:
 *
 * - `__time` TIMESTAMPTZ: event time, of relations whose `rows` are `events` or `windows`. A
 *   window's rows have the window's end less a microsecond.
 * - `__window` STRUCT("start" TIMESTAMPTZ, "end" TIMESTAMPTZ): of `windows`.
 * - `__key` VARCHAR, then `__weight` BIGINT: of `changes`. So many copies of the row came (above
 *   zero) or went (below). A row that goes and one that comes with the same key are an update.
 */
export type Dataflow = {
  /** Tables that are no streams, and of which all rows are there in each epoch. */
  readonly lookups?: readonly DataflowLookup[] | undefined;
  /** Those whose event time is asked for, in the script's order. */
  readonly sources: readonly SourceTime[];
  /** Each after those it reads. */
  readonly nodes: readonly DataflowNode[];
  /** One per output of the plan, in their order. */
  readonly outputs: readonly DataflowOutput[];
};

/**
 * Where event time comes from. Both are SQL expressions over the source's columns (the generated
 * ones too) of type TIMESTAMPTZ; `arrival` takes when the record's batch arrived for both.
 */
export type SourceTime =
  | {
      readonly name: string;
      readonly kind: 'column';
      readonly time: string;
      /** An event says that none before this will come any more, but late ones. */
      readonly watermark: string;
      /** A partition without records for so long is set aside; undefined: never. */
      readonly idleMs: number | undefined;
      /** For people: the column's name, and the watermark as the script has it. */
      readonly label?: { readonly time: string; readonly watermark: string } | undefined;
    }
  | { readonly name: string; readonly kind: 'arrival'; readonly idleMs: number | undefined };

/**
 * What the rows of a relation are. `events`: rows of their own, each with its time. `windows`: all
 * rows of a window come in one epoch, so that SQL over that epoch's rows sees whole windows.
 * `changes`: how the rows of a table that is kept current change. `lookup`: all rows of tables that
 * are looked up, as they are in this epoch; no output is of them alone.
 */
export type RowKind = 'events' | 'windows' | 'changes' | 'lookup';

/** A table that rows are joined with, without hidden columns. */
export type DataflowLookup = {
  readonly name: string;
  /** Those that the script may read. */
  readonly columns: readonly StateColumn[];
};

/** SQL that names the relations of earlier nodes and sources. */
export type RelationSql = { readonly text: string; readonly reads: readonly string[] };

export type DataflowNode = SelectNode | WindowNode | UpdatingNode;

/** Gives its rows from this epoch's rows of what it reads; holds nothing. */
export type SelectNode = {
  readonly kind: 'select';
  readonly name: string;
  readonly rows: RowKind;
  /** A SELECT, its hidden columns last. */
  readonly sql: RelationSql;
  /** The view or CTE that it stands for; undefined for parts of a SELECT. */
  readonly label: string | undefined;
  /** The script's SELECT that it begins; undefined where it only passes rows on. */
  readonly written?: WrittenSelect | undefined;
};

/** What a SELECT of the script says, for people: its parts as DuckDB prints them. */
export type WrittenSelect = {
  /** `UNION ALL`, of one that puts others together; all else is theirs. */
  readonly operation: string | undefined;
  readonly gives: readonly string[];
  /** Of whole windows, of lookup tables, and of a row's own lists. */
  readonly joins: readonly string[];
  readonly where: string | undefined;
  readonly groups: readonly string[];
  readonly having: string | undefined;
  readonly qualify: string | undefined;
  readonly isDistinct: boolean;
  readonly order: readonly string[];
  readonly limit: string | undefined;
};

/** Microseconds. Tumbling and hopping windows begin at multiples of `slideUs` since 1970. */
export type WindowShape =
  | { readonly kind: 'tumble'; readonly widthUs: bigint }
  | { readonly kind: 'hop'; readonly widthUs: bigint; readonly slideUs: bigint }
  | { readonly kind: 'session'; readonly gapUs: bigint };

/**
 * Collects the rows of each window until the watermark passes the window's end, then gives what
 * `result` makes of them.
 */
export type WindowNode = {
  readonly kind: 'window';
  readonly name: string;
  readonly shape: WindowShape;
  /**
   * SELECT of what is kept of each row that it reads: the columns `keys`, then `values`, then
   * `__time`. What is computed of a row alone belongs here, such as what aggregates take: where it
   * fails, the record is rejected. Where `result` fails, the pipeline stops.
   */
  readonly intake: RelationSql;
  /** Columns that tell groups apart: sessions are by these. */
  readonly keys: readonly StateColumn[];
  /**
   * `merge` undefined for all, or none at all: rows are kept as they come. Defined for all: rows
   * with equal keys in the same smallest span of time become one.
   */
  readonly values: readonly (StateColumn & { readonly merge: Merge | undefined })[];
  /**
   * SELECT over the relation `__rows`: the kept rows of windows that end in this epoch, once for
   * each such window, with `__window` (and neither `__time` nor bins); gives the node's columns and
   * `__time`, `__window`.
   */
  readonly result: RelationSql;
  /** Every source that its windows wait for: the watermark is the least of theirs. */
  readonly waitsFor: readonly string[];
  /** For people: `tumble(1 minute)`. */
  readonly label: string;
  readonly written?: WrittenSelect | undefined;
  /** Where an output has the rows that come too late for it. */
  readonly late?: LateRows | undefined;
};

export type LateRows = {
  /** Of the relation that an epoch's late rows are to outputs. */
  readonly name: string;
  /** SELECT of each row that the node reads: `row`, JSON text of it as it came, and `__time`. */
  readonly sql: RelationSql;
  /** For people: the sources that it comes from. */
  readonly source: string;
};

/**
 * Keeps what it reads by key, and gives as `changes` how what `result` makes of each key's rows is
 * another after an epoch. GROUP BY and DISTINCT have one input; joins have two.
 */
export type UpdatingNode = {
  readonly kind: 'updating';
  readonly name: string;
  readonly inputs: readonly UpdatingInput[];
  /**
   * SELECT over the relations `__rows_0`, `__rows_1`: what is kept of some keys' rows, each as
   * often as it is there, with the columns of its input's `keys` and `values`. Gives `columns`.
   */
  readonly result: RelationSql;
  /** Of the result: the node's own, and among them or behind them those of `resultKeys`. */
  readonly columns: readonly StateColumn[];
  /** Those of `columns` that are the inputs' `keys`, in their order; `__key` is made of them. */
  readonly resultKeys: readonly string[];
  /**
   * Rows only come, of `events` as well as of the result, which is a join with nothing but rows
   * of both inputs: it is computed of what came with what was there. `columns` end with `__time`,
   * and it gives `events`.
   */
  readonly isAppending?: boolean | undefined;
  /**
   * Rows come in place of those before with the same key: `result` is asked of an epoch's rows
   * alone, and nothing is kept but what was given.
   */
  readonly keepsLast?: boolean | undefined;
  /** A key that no row came or went for in so long is forgotten. */
  readonly ttlMs: number;
  /** For people: `GROUP BY user_id`. */
  readonly label: string;
  readonly written?: WrittenSelect | undefined;
};

export type UpdatingInput = {
  /**
   * SELECT of what is kept of each row that it reads: the columns `keys`, then `values`, then
   * `__weight` BIGINT, which is 1 of `events` and `windows`.
   */
  readonly intake: RelationSql;
  /** The same types in all inputs of a node. */
  readonly keys: readonly StateColumn[];
  /** Whether rows go as well as come: those of `changes` do. */
  readonly isRetracting: boolean;
  /**
   * `merge` undefined for all of them: rows are kept as they come. Defined for all, only where no
   * row ever goes: rows with equal keys become one.
   */
  readonly values: readonly (StateColumn & { readonly merge: Merge | undefined })[];
};

export type StateColumn = {
  readonly name: string;
  readonly type: ColumnType;
  readonly typeText: string;
};

/** DuckDB's aggregate that makes one value of several. */
export type Merge = 'sum' | 'min' | 'max' | 'bool_and' | 'bool_or';

export type DataflowOutput = {
  /** The sink table's name. */
  readonly table: string;
  /** What it stores, without hidden columns. */
  readonly sql: RelationSql;
  /**
   * Of a table that is kept current, whose rows are `changes`: the columns by which it is known
   * which rows change together, as of `rowKeys`.
   */
  readonly keys?: readonly string[] | undefined;
};
