import type { RowKind, StateColumn, WindowShape } from './dataflow.ts';

/** What a column of a relation says of its window. */
export type WindowPart = 'window' | 'start' | 'end';

/** A source, or what a node gives, as the SELECTs see it that read it. */
export type Relation = {
  readonly name: string;
  readonly rows: RowKind;
  /** Its own, without hidden ones. */
  readonly columns: readonly StateColumn[];
  /** Of each column that is a part of `__window`: by the column's place. */
  readonly windowParts: ReadonlyMap<number, WindowPart>;
  /** Of rows of one kind of window; undefined: of several, or none. */
  readonly shape: WindowShape | undefined;
};

const windowType = 'STRUCT("start" TIMESTAMP WITH TIME ZONE, "end" TIMESTAMP WITH TIME ZONE)';
const time: StateColumn = {
  name: '__time',
  type: { kind: 'timestamp' },
  typeText: 'TIMESTAMP WITH TIME ZONE',
};
/** `__window`. */
export const windowColumn: StateColumn = {
  name: '__window',
  type: {
    kind: 'struct',
    fields: [
      { name: 'start', type: time.type },
      { name: 'end', type: time.type },
    ],
  },
  typeText: windowType,
};

const changeColumns: readonly StateColumn[] = [
  { name: '__key', type: { kind: 'text' }, typeText: 'VARCHAR' },
  {
    name: '__weight',
    type: { kind: 'integer', bits: 64, isUnsigned: false },
    typeText: 'BIGINT',
  },
];

/** The hidden columns, which come last. */
export function hiddenColumns(rows: RowKind): readonly StateColumn[] {
  if (rows === 'lookup') return [];
  if (rows === 'changes') return changeColumns;
  return rows === 'windows' ? [time, windowColumn] : [time];
}

export function hiddenNames(rows: RowKind): readonly string[] {
  return hiddenColumns(rows).map(({ name }) => name);
}

/** Do all rows with this part alike come in one epoch? Those of one end do. */
export function tellsWindow(part: WindowPart | undefined, shape: WindowShape | undefined): boolean {
  const isRegular = shape !== undefined && shape.kind !== 'session';
  return part === 'window' || part === 'end' || (part === 'start' && isRegular);
}

export function sameShape(
  left: WindowShape | undefined,
  right: WindowShape | undefined,
): WindowShape | undefined {
  return left !== undefined && right !== undefined && shapeKey(left) === shapeKey(right)
    ? left
    : undefined;
}

export function commonShape(relations: readonly Relation[]): WindowShape | undefined {
  const [first, ...others] = relations.map(({ shape }) => shape);
  return others.reduce((left, right) => sameShape(left, right), first);
}

/**
 * SQL of the hidden columns of a relation's rows among rows of another kind: events become changes.
 * `branch`: which of several relations it is, so that their keys differ; undefined: the only one.
 */
export function hiddenAs({ rows }: Relation, wanted: RowKind, branch?: number): readonly string[] {
  if (wanted !== 'changes') return hiddenNames(wanted);
  const key = rows === 'changes' ? '"__key"' : "''";
  const own = branch === undefined ? key : `'${branch}:' || ${key}`;
  return [`${own} AS "__key"`, rows === 'changes' ? '"__weight"' : '1::BIGINT AS "__weight"'];
}

/** Of rows of all of them together: those of windows have times, as events do. */
export function rowsOf(relations: readonly Relation[]): RowKind {
  if (relations.some(({ rows }) => rows === 'changes')) return 'changes';
  return relations.every(({ rows }) => rows === 'windows') ? 'windows' : 'events';
}

export function shapeKey(shape: WindowShape): string {
  switch (shape.kind) {
    case 'tumble':
      return `tumble ${shape.widthUs}`;
    case 'hop':
      return `hop ${shape.slideUs} ${shape.widthUs}`;
    default:
      return `session ${shape.gapUs}`;
  }
}
