import { quoteName } from '../../engine/types.ts';
import { baseTable, columnRef, named, selectNode } from '../../sql/tree/make-tree.ts';
import { findExpression, textOf, type Tree, treesOf } from '../../sql/tree/tree.ts';
import type { Compilation } from '../dataflow/context.ts';
import type { RowKind, StateColumn, UpdatingInput } from '../dataflow/dataflow.ts';
import type { From } from '../dataflow/from.ts';
import { mergedState } from '../dataflow/window/merged-state.ts';
import { Names } from '../dataflow/window/names.ts';
import type { PlainSelect } from '../dataflow/window/plain-select.ts';
import { refuse } from '../dataflow/refusal.ts';
import { hiddenNames, type Relation } from '../dataflow/relation.ts';
import { rowState } from '../dataflow/window/row-state.ts';
import {
  groupsOf,
  isGroupByAll,
  isStar,
  isWindowFunction,
  optionalExpression,
  outerExpressions,
} from '../dataflow/select-parts.ts';

/** What the relation is called. */
type UpdatingPlace = { readonly label: string | undefined; readonly name: string | undefined };

type UpdatingTools = {
  readonly place: UpdatingPlace;
  readonly compilation: Compilation;
  /** What the SELECT gives. */
  readonly columns: readonly StateColumn[];
};

/** What a row becomes when it goes has to be what it became when it came. */
export function refuseUnsteady(select: Tree): void {
  const call = findExpression(
    [...outerExpressions(select), select['where_clause']],
    (node) => node['class'] === 'FUNCTION' && unsteady.has(textOf(node['function_name'])),
  );
  if (call === undefined) return;
  const message = `${textOf(call['function_name'])} gives another value when a row is taken back.`;
  refuse(message, 'Call it before the rows are grouped or joined, or leave it out.', call);
}

const unsteady: ReadonlySet<string> = new Set(
  `random uuid uuidv4 uuidv7 gen_random_uuid nextval now today transaction_timestamp current_date
  current_localtime current_localtimestamp get_current_time get_current_timestamp`.split(/\s+/),
);

/** A SELECT with groups or aggregates over events or changes: its rows are kept by group. */
export async function compileGroups(
  select: Tree,
  from: From,
  { place, compilation, columns }: UpdatingTools,
): Promise<Relation> {
  const { engine } = compilation;
  const plain = plainGroups(select, from);
  const isRetracting = from.rows === 'changes';
  const merged = isRetracting ? undefined : await mergedState(plain, engine);
  const state = merged ?? (await rowState(plain, engine));
  const own = plain.projections.map((one, index) =>
    named(state.replace(one), columns[index]?.name ?? ''),
  );
  const keys = state.keys.map(({ name }) => columnRef(name));
  const result = await engine.print(
    selectNode({
      select_list: [...own, ...keys],
      from_table: baseTable('__rows_0', ''),
      group_expressions: keys,
      group_sets: keys.length === 0 ? [] : [keys.map((_, index) => index)],
      having: plain.having === undefined ? null : state.replace(plain.having),
    }),
  );
  const isBare = state.keys.length + state.values.length === 0;
  const input = {
    intake: { text: weighted(state.intake, from.rows, isBare), reads: namesOf(from.reads) },
    keys: state.keys,
    values: isBare ? [{ ...seenColumn, merge: undefined }] : state.values,
    isRetracting,
  };
  const given = [...columns, ...state.keys];
  const resultKeys = state.keys.map(({ name }) => name);
  const label = groupLabel(select);
  return await addUpdating(
    { input, result, given, resultKeys, label, columns, place },
    compilation,
  );
}

/** The rows of a relation, each once. */
export async function compileDistinct(
  relation: Relation,
  { place, compilation }: Omit<UpdatingTools, 'columns'>,
): Promise<Relation> {
  const { columns, rows } = relation;
  const isRetracting = rows === 'changes';
  const keys = columns.map((column, index) => ({ ...column, name: `__k${index}` }));
  const list = columns.map(({ name }, index) => `${quoteName(name)} AS "__k${index}", `).join('');
  const seen = isRetracting ? '' : 'true AS "__seen", ';
  const input: UpdatingInput = {
    intake: {
      text: `SELECT ${list}${seen}${weightOf(rows)} FROM ${quoteName(relation.name)}`,
      reads: [relation.name],
    },
    keys,
    values: isRetracting ? [] : [{ ...seenColumn, merge: 'bool_or' }],
    isRetracting,
  };
  const back = columns.map(({ name }, index) => `"__k${index}" AS ${quoteName(name)}`);
  const result = `SELECT DISTINCT ${back.join(', ')} FROM __rows_0`;
  const resultKeys = columns.map(({ name }) => name);
  const label = 'DISTINCT';
  return await addUpdating(
    { input, result, given: columns, resultKeys, label, columns, place },
    compilation,
  );
}

const seenColumn: StateColumn = {
  name: '__seen',
  type: { kind: 'boolean' },
  typeText: 'BOOLEAN',
};

type NewUpdating = {
  readonly input: UpdatingInput;
  readonly result: string;
  /** All columns of the result. */
  readonly given: readonly StateColumn[];
  readonly resultKeys: readonly string[];
  readonly label: string;
  /** Those that are the SELECT's own. */
  readonly columns: readonly StateColumn[];
  readonly place: UpdatingPlace;
};

/** Adds the node, and behind it one that leaves out what isn't the SELECT's own. */
async function addUpdating(
  { input, result, given, resultKeys, label, columns, place }: NewUpdating,
  compilation: Compilation,
): Promise<Relation> {
  const rows = { name: '__rows_0', columns: [...input.keys, ...input.values] };
  await compilation.checkColumns(result, [rows], given);
  const name = compilation.newName();
  compilation.nodes.push({
    kind: 'updating',
    name,
    inputs: [input],
    result: { text: result, reads: [] },
    columns: given,
    resultKeys,
    ttlMs: compilation.ttlMs,
    label,
  });
  const node = { ...changesOf(name), columns: given };
  const list = [...columns.map((column) => column.name), ...hiddenNames('changes')].map(quoteName);
  const text = `SELECT ${list.join(', ')} FROM ${quoteName(name)}`;
  return await compilation.addSelect(
    { ...changesOf(name), columns, text, reads: [node], label: place.label },
    place.name,
  );
}

function changesOf(name: string): Omit<Relation, 'columns'> {
  return { name, rows: 'changes', windowParts: new Map(), shape: undefined };
}

/** As `plainSelect`, of a SELECT without a window. */
function plainGroups(select: Tree, from: From): PlainSelect {
  refuseUnfit(select);
  const projections = treesOf(select['select_list']);
  const names = new Names(from, projections);
  const groups = groupsOf(select, from).map((group, index) => ({
    key: `__k${index}`,
    tree: names.plain({ ...group, alias: '' }),
  }));
  names.setGroups(groups.map(({ tree }) => tree));
  const where = optionalExpression(select['where_clause']);
  const having = optionalExpression(select['having']);
  const plain = {
    from,
    where: where && names.plain(where),
    groups,
    groupSets: [groups.map((_, index) => index)],
    projections: projections.map((_, index) => names.projection(index)),
    having: having && names.outer(having),
    qualify: undefined,
    modifiers: [],
  };
  return { ...plain, columns: names.columns };
}

function refuseUnfit(select: Tree): void {
  const star = findExpression(select['select_list'], isStar);
  if (star !== undefined) {
    refuse('A SELECT with GROUP BY needs its columns by name, not *.', undefined, star);
  }
  const sets: unknown = select['group_sets'];
  if (!isGroupByAll(select) && Array.isArray(sets) && sets.length > 1) {
    const message = 'ROLLUP, CUBE and GROUPING SETS on a stream need a window.';
    refuse(message, 'Write one SELECT for each set of groups.', select['group_expressions']);
  }
  const over = findExpression(outerExpressions(select), isWindowFunction);
  if (over === undefined && select['qualify'] === null) return;
  const hint = 'Group the rows by a window first, and number those: PARTITION BY window, ….';
  refuse('Window functions need windows on a stream.', hint, over ?? select['qualify']);
}

/**
 * An intake whose last column is `__time`, of changes their weight, with that as it should be. A
 * bare one has no other column, as of count(*) of all rows, and gets one: no relation has none.
 */
function weighted(intake: string, rows: RowKind, isBare: boolean): string {
  const weight = rows === 'changes' ? '"__time" AS "__weight"' : weightOf(rows);
  const others = isBare ? `true AS ${quoteName(seenColumn.name)}` : '* EXCLUDE ("__time")';
  return `SELECT ${others}, ${weight} FROM (${intake})`;
}

function weightOf(rows: RowKind): string {
  return rows === 'changes' ? '"__weight"' : '1::BIGINT AS "__weight"';
}

function namesOf(relations: readonly Relation[]): readonly string[] {
  return [...new Set(relations.map(({ name }) => name))];
}

function groupLabel(select: Tree): string {
  if (isGroupByAll(select)) return 'GROUP BY ALL';
  const groups = treesOf(select['group_expressions']).map((one) => {
    const path: unknown = one['column_names'];
    return Array.isArray(path) ? path.join('.') : textOf(one['alias']) || '…';
  });
  return groups.length === 0 ? 'one group of all' : `GROUP BY ${groups.join(', ')}`;
}
