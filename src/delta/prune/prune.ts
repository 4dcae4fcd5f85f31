import { unreachable } from '../../base/assert.ts';
import type { Column, ColumnType, Schema } from '../../event/schema.ts';
import { compareValue, type Order } from './compare-value.ts';
import type { DataFile, Snapshot } from '../delta.ts';
import type { PhysicalColumn, PhysicalSchema } from '../mapping/physical-schema.ts';
import type { ColumnPath, CompareOp, Literal, Predicate } from './predicate.ts';

/** What pruning has to know of a table. */
export type PrunableTable = Pick<Snapshot, 'schema' | 'partitionColumns' | 'physical'>;

/**
 * Chooses files by predicates; keeps the statistics that it has parsed as long as their file lives.
 */
export class Pruner {
  readonly #parsed = new WeakMap<DataFile, JsonTree>();

  /**
   * Whether the file may hold a row that meets the predicate. False is certain, true is not. The
   * file's partition values are by the names of the schema, its statistics by physical names.
   */
  mayMatch(predicate: Predicate, file: DataFile, table: PrunableTable): boolean {
    return evaluate(predicate, (path) => this.#range(path, file, table)).true;
  }

  #range(path: ColumnPath, file: DataFile, table: PrunableTable): Range {
    const column = resolve(path, table.schema);
    if (column === undefined) return unknownRange;
    const [name] = column.names;
    if (name !== undefined && table.partitionColumns.includes(name)) {
      return partitionRange(column, file.partitionValues[name]);
    }
    return fileRange(physicalColumn(column, table.physical), this.#stats(file));
  }

  #stats(file: DataFile): JsonTree {
    const known = this.#parsed.get(file);
    if (known !== undefined) return known;
    const parsed = parseStats(file.statsJson);
    this.#parsed.set(file, parsed);
    return parsed;
  }
}

/** JSON in which a number that would lose a digit is the text it was. */
type JsonTree =
  | string
  | number
  | boolean
  | null
  | { readonly [key: string]: JsonTree }
  | readonly JsonTree[];

/** What a file says of a column. Bounds hold for all values but NULL and NaN. */
type Range = {
  readonly type: ColumnType | undefined;
  readonly min: string | undefined;
  readonly max: string | undefined;
  /** How far beyond `max` an instant may lie: writers cut maxima to whole milliseconds. */
  readonly maxSlackMicros: bigint;
  readonly nulls: 'none' | 'some' | 'all' | 'unknown';
};

const unknownRange: Range = {
  type: undefined,
  min: undefined,
  max: undefined,
  maxSlackMicros: 0n,
  nulls: 'unknown',
};

/**
 * What a predicate may come out as for the rows of a file. Neither is possible where it is NULL for
 * all of them; so NOT swaps the two, and never turns "skipped" into "kept" or back.
 */
type Possible = { readonly true: boolean; readonly false: boolean };

type RangeOf = (path: ColumnPath) => Range;

function evaluate(predicate: Predicate, rangeOf: RangeOf): Possible {
  switch (predicate.kind) {
    case 'compare':
      return compareRange(rangeOf(predicate.column), predicate.op, predicate.value);
    case 'in': {
      const range = rangeOf(predicate.column);
      return anyOf(predicate.values.map((value) => compareRange(range, '=', value)));
    }
    case 'between': {
      const range = rangeOf(predicate.column);
      return allOf([
        compareRange(range, '>=', predicate.low),
        compareRange(range, '<=', predicate.high),
      ]);
    }
    case 'is_null': {
      const { nulls } = rangeOf(predicate.column);
      return { true: nulls !== 'none', false: nulls !== 'all' };
    }
    case 'and':
      return allOf(predicate.operands.map((operand) => evaluate(operand, rangeOf)));
    case 'or':
      return anyOf(predicate.operands.map((operand) => evaluate(operand, rangeOf)));
    case 'not': {
      const operand = evaluate(predicate.operand, rangeOf);
      return { true: operand.false, false: operand.true };
    }
    case 'unknown':
      return { true: true, false: true };
    default:
      return unreachable(predicate);
  }
}

function allOf(operands: readonly Possible[]): Possible {
  return {
    true: operands.every((operand) => operand.true),
    false: operands.some((operand) => operand.false),
  };
}

function anyOf(operands: readonly Possible[]): Possible {
  return {
    true: operands.some((operand) => operand.true),
    false: operands.every((operand) => operand.false),
  };
}

function compareRange(range: Range, op: CompareOp, literal: Literal): Possible {
  if (range.nulls === 'all' || literal.kind === 'null') return { true: false, false: false };
  if (range.type === undefined) return { true: true, false: true };
  const min = order(range.type, range.min, literal, 0n);
  const max = order(range.type, range.max, literal, range.maxSlackMicros);
  // NaN is in no bound, and greater than every number.
  const mayBeNan = range.type.kind === 'float';
  const isBelow = max === -1;
  const isAbove = min === 1;
  const mayBeGreater = mayBeNan || !(isBelow || max === 0);
  const mayBeAtLeast = mayBeNan || !isBelow;
  const mayBeLess = !(isAbove || min === 0);
  const mayBeAtMost = !isAbove;
  const mayBeEqual = !isBelow && !isAbove;
  const mayDiffer = mayBeNan || min !== 0 || max !== 0;
  switch (op) {
    case '=':
      return { true: mayBeEqual, false: mayDiffer };
    case '<>':
      return { true: mayDiffer, false: mayBeEqual };
    case '<':
      return { true: mayBeLess, false: mayBeAtLeast };
    case '<=':
      return { true: mayBeAtMost, false: mayBeGreater };
    case '>':
      return { true: mayBeGreater, false: mayBeAtMost };
    case '>=':
      return { true: mayBeAtLeast, false: mayBeLess };
    default:
      return unreachable(op);
  }
}

function order(
  type: ColumnType,
  bound: string | undefined,
  literal: Literal,
  slackMicros: bigint,
): Order {
  return bound === undefined ? undefined : compareValue(type, bound, literal, slackMicros);
}

/** A column with its names as the schema spells them. */
type ResolvedColumn = { readonly names: readonly string[]; readonly type: ColumnType };

function resolve(path: ColumnPath, schema: Schema): ResolvedColumn | undefined {
  const names: string[] = [];
  let fields = schema;
  let found: Column | undefined;
  for (const name of path) {
    found = fields.find((field) => field.name.toLowerCase() === name.toLowerCase());
    if (found === undefined) return undefined;
    names.push(found.name);
    fields = found.type.kind === 'struct' ? found.type.fields : [];
  }
  return found && { names, type: found.type };
}

/**
 * The column as statistics have it. Those of files from before a FLOAT became a DOUBLE have a
 * FLOAT's digits.
 */
function physicalColumn(
  column: ResolvedColumn,
  physical: PhysicalSchema | undefined,
): ResolvedColumn {
  if (physical === undefined) return column;
  const names: string[] = [];
  let { columns: fields } = physical;
  let found: PhysicalColumn | undefined;
  for (const name of column.names) {
    found = fields.find((field) => field.name === name);
    if (found === undefined) return column;
    names.push(found.physicalName);
    fields = found.nested.kind === 'struct' ? found.nested.fields : [];
  }
  return { names, type: found?.wasFloat === true ? { kind: 'float', bits: 32 } : column.type };
}

function partitionRange(column: ResolvedColumn, value: string | null | undefined): Range {
  const isNull = value === null || value === '';
  if (value === undefined) return unknownRange;
  return {
    type: column.type,
    min: isNull ? undefined : value,
    max: isNull ? undefined : value,
    maxSlackMicros: 0n,
    nulls: isNull ? 'all' : 'none',
  };
}

function fileRange(column: ResolvedColumn, stats: JsonTree): Range {
  const rows = textAt(stats, ['numRecords']);
  const nullCount = textAt(stats, ['nullCount', ...column.names]);
  return {
    type: column.type,
    min: textAt(stats, ['minValues', ...column.names]),
    max: textAt(stats, ['maxValues', ...column.names]),
    maxSlackMicros: column.type.kind === 'timestamp' ? 1000n : 0n,
    nulls: nullsOf(nullCount, rows),
  };
}

/**
 * Where deleted rows made the bounds loose, the count is only right at both ends, which is all we
 * ask.
 */
function nullsOf(nullCount: string | undefined, rows: string | undefined): Range['nulls'] {
  if (nullCount === undefined) return 'unknown';
  if (nullCount === rows) return 'all';
  return nullCount === '0' ? 'none' : 'some';
}

/** The text, or the number's digits, at a path of names. */
function textAt(tree: JsonTree, path: readonly string[]): string | undefined {
  let found: JsonTree | undefined = tree;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined;
    found = Object.hasOwn(found, name) ? Reflect.get(found, name) : undefined;
  }
  if (typeof found === 'number') return String(found);
  return typeof found === 'string' ? found : undefined;
}

/** A number that a DOUBLE could not give back digit by digit has at least so many. */
const manyDigits = /[\d.]{16}/;

/** Statistics that are not JSON say nothing; the file is then read. */
function parseStats(text: string | undefined): JsonTree {
  if (text === undefined) return null;
  try {
    // Looking at each number's own text takes five times as long.
    return manyDigits.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch {
    return null;
  }
}

function keepDigits(
  _key: string,
  value: JsonTree,
  context?: { readonly source?: string },
): JsonTree {
  return typeof value === 'number' ? (context?.source ?? null) : value;
}
