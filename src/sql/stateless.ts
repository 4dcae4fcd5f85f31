import type { FunctionCall, SelectFacts } from './select-facts.ts';
import type { Contents, Expression, Modifier, Query, TableRef } from './select-ast.ts';

/** What speaks against running a SELECT in a pipeline. */
export type SelectProblem = {
  readonly message: string;
  readonly hint: string | undefined;
  /** In UTF-8 bytes of the SELECT's text; undefined: no better place than its beginning. */
  readonly byteOffset: number | undefined;
};

/** Is this an aggregate function? The name is in lower case. */
export type IsAggregate = (name: string) => boolean;

/** Table functions that work on the row beside them, and read nothing themselves. */
export const rowFunctions: ReadonlySet<string> = new Set(['unnest', 'range', 'generate_series']);

/** Why a SELECT can't run on one record at a time: each reason once, at its first place. */
export type StreamReasons = {
  /** It can't run on a stream at all. */
  readonly never: readonly SelectProblem[];
  /** Its rows depend on more than one record. */
  readonly stateful: readonly SelectProblem[];
};

export function streamReasons(
  query: Query,
  facts: SelectFacts,
  isAggregate: IsAggregate,
): StreamReasons {
  const found = [
    ...facts.queries.flatMap(queryReasons),
    ...facts.tableRefs.flatMap(tableReasons),
    ...facts.expressions.flatMap(expressionReasons),
    ...facts.functions.flatMap((call) => functionReasons(call, isAggregate)),
    ...sourcelessReasons(query),
  ];
  const first = new Map<string, Reason>();
  for (const reason of found) {
    const other = first.get(reason.key);
    if (other === undefined || placeOf(reason) < placeOf(other)) first.set(reason.key, reason);
  }
  const reasons = [...first.values()];
  const problem = ({ message, hint, byteOffset }: Reason): SelectProblem => {
    return { message, hint, byteOffset };
  };
  return {
    never: reasons.filter(({ key }) => !statefulKeys.has(key)).map(problem),
    stateful: reasons.filter(({ key }) => statefulKeys.has(key)).map(problem),
  };
}

const statefulKeys: ReadonlySet<string> = new Set([
  ...['group', 'having', 'window', 'order', 'limit', 'distinct', 'union', 'EXCEPT', 'INTERSECT'],
  ...['join', 'subquery', 'time_window', 'aggregate'],
]);

type Reason = SelectProblem & { readonly key: string };

function placeOf(reason: Reason): number {
  return reason.byteOffset ?? Infinity;
}

const overTable = 'Write the rows to a table, and run this as a query over it.';

function queryReasons(query: Query): readonly Reason[] {
  const reasons: (Reason | undefined)[] = query.modifiers.map(modifierReason);
  if (query.kind === 'select') reasons.push(...selectReasons(query));
  if (query.kind === 'set_operation') reasons.push(setOperationReason(query));
  if (query.kind === 'recursive') {
    reasons.push(reasonOf('recursive', 'Recursive CTEs cannot run on a stream.', query));
  }
  if (query.kind === 'unknown') {
    reasons.push(reasonOf('unknown', `A pipeline can't run this query (${query.type}).`, query));
  }
  return reasons.filter((reason) => reason !== undefined);
}

function selectReasons(
  query: Extract<Query, { readonly kind: 'select' }>,
): readonly (Reason | undefined)[] {
  const [group] = query.groups;
  const message = 'GROUP BY cannot run on one record.';
  return [
    query.isGrouped
      ? { ...reasonOf('group', message, query), byteOffset: group?.byteOffset ?? offsetOf(query) }
      : undefined,
    query.having === undefined
      ? undefined
      : reasonAt('having', 'HAVING cannot run on one record.', query.having),
    query.qualify === undefined
      ? undefined
      : reasonAt('window', 'QUALIFY cannot run on one record.', query.qualify),
    query.isSampled ? { ...reasonOf('sample', sampleMessage, query), hint: sampleHint } : undefined,
  ];
}

function modifierReason(modifier: Modifier): Reason {
  const byteOffset = offsetInContents(modifier.contents);
  switch (modifier.type) {
    case 'ORDER_MODIFIER': {
      const message = 'ORDER BY cannot run on a stream: it never ends.';
      return { key: 'order', message, hint: inQueries, byteOffset };
    }
    case 'LIMIT_MODIFIER':
    case 'LIMIT_PERCENT_MODIFIER': {
      const message = 'LIMIT cannot run on a stream: it never ends.';
      return { key: 'limit', message, hint: inQueries, byteOffset };
    }
    case 'DISTINCT_MODIFIER': {
      const message = 'DISTINCT cannot run on one record.';
      return { key: 'distinct', message, hint: overTable, byteOffset };
    }
    default: {
      const message = `${modifier.type} cannot run on a stream.`;
      return { key: modifier.type, message, hint: undefined, byteOffset };
    }
  }
}

const inQueries = 'Leave it out, and put it into the queries over the table.';

function setOperationReason(
  query: Extract<Query, { readonly kind: 'set_operation' }>,
): Reason | undefined {
  const { operation, isAll } = query;
  const isUnion = operation === 'UNION' || operation === 'UNION_BY_NAME';
  if (isUnion && isAll) return undefined;
  if (!isUnion) {
    const message = `${operation} cannot run on one record.`;
    return reasonOf(operation, message, query.inputs[1] ?? query);
  }
  const message = 'UNION drops doubles, which cannot run on one record.';
  const reason = reasonOf('union', message, query.inputs[1] ?? query);
  return { ...reason, hint: 'Write UNION ALL if doubles may stay.' };
}

function tableReasons(table: TableRef): readonly Reason[] {
  if (table.isSampled) return [tableReason('sample', sampleMessage, { table, hint: sampleHint })];
  switch (table.kind) {
    case 'join':
      return joinReasons(table);
    case 'values':
      return [
        tableReason('values', 'VALUES is not a stream that a pipeline can read.', {
          table,
          hint: 'Write the values into CASE, or into a list and unnest it.',
        }),
      ];
    case 'pivot':
      return [
        tableReason('pivot', 'PIVOT cannot run on a stream.', {
          table,
          hint: overTable,
        }),
      ];
    case 'base_table':
      return table.hasAtClause
        ? [
            tableReason('at', 'A stream has no versions.', {
              table,
              hint: "Leave AT out. A source's start is its option source.offset.",
            }),
          ]
        : [];
    default:
      return [];
  }
}

const sampleMessage = 'TABLESAMPLE cannot run on a stream.';
const sampleHint = 'Keep a share of the rows with WHERE, as in WHERE random() < 0.1.';

/** Unnesting a row's own lists is no join, whatever its syntax. */
function joinReasons(table: Extract<TableRef, { readonly kind: 'join' }>): readonly Reason[] {
  const { joinType, refType, left, right } = table;
  const hasOneRelation = !(readsRelation(left) && readsRelation(right));
  const isPerRow =
    ['INNER', 'LEFT'].includes(joinType) && ['REGULAR', 'CROSS', 'DEPENDENT'].includes(refType);
  if (hasOneRelation && isPerRow) return [];
  const byteOffset = table.byteOffset ?? offsetOfTable(right) ?? offsetOfTable(left);
  const message = 'Joins cannot run on one record.';
  return [{ key: 'join', message, hint: overTable, byteOffset }];
}

function expressionReasons(expression: Expression): readonly Reason[] {
  if (expression.class === 'SUBQUERY') {
    const what = subqueryNames[expression.subqueryType ?? ''] ?? 'Subqueries';
    const message = `${what} cannot run on one record.`;
    return [reasonAt('subquery', message, expression)];
  }
  if (expression.type === 'GROUPING_FUNCTION') {
    return [reasonAt('group', 'GROUPING cannot run on one record.', expression)];
  }
  return [];
}

const subqueryNames: Readonly<Record<string, string>> = {
  SCALAR: 'Subqueries as values',
  EXISTS: 'EXISTS (SELECT …)',
  NOT_EXISTS: 'NOT EXISTS (SELECT …)',
  ANY: 'IN (SELECT …)',
};

const windowFunctions: ReadonlySet<string> = new Set(['tumble', 'hop', 'session']);

function functionReasons(call: FunctionCall, isAggregate: IsAggregate): readonly Reason[] {
  const name = call.name.toLowerCase();
  const shown = name === 'count_star' ? 'count(*)' : call.name;
  if (windowFunctions.has(name)) {
    const message = `The window ${shown} cannot run on one record.`;
    return [callReason('time_window', message, call)];
  }
  if (call.isWindow) {
    const message = `The window function ${shown} cannot run on one record.`;
    return [callReason('window', message, call)];
  }
  if (call.isOperator || !(isAggregate(name) || aggregateMacros.has(name))) return [];
  const message = `The aggregate ${shown} cannot run on one record.`;
  return [callReason('aggregate', message, call)];
}

/** Of DuckDB's macros, those that aggregate: they are not in its list of aggregates. */
export const aggregateMacros: ReadonlySet<string> = new Set([
  'count_star',
  'wavg',
  'weighted_avg',
  'geomean',
  'geometric_mean',
]);

function callReason(key: string, message: string, call: FunctionCall): Reason {
  const hint = `${overTable} Over a row's own list, use list_sum, list_max and the like.`;
  const isOverRows = key !== 'aggregate';
  return { key, message, hint: isOverRows ? overTable : hint, byteOffset: call.byteOffset };
}

/** What gives rows must take them from a stream: anything else would give them once an epoch. */
function sourcelessReasons(query: Query): readonly Reason[] {
  const inCtes = query.ctes.flatMap((cte) => sourcelessReasons(cte.query));
  if (query.kind === 'set_operation')
    return [...inCtes, ...query.inputs.flatMap(sourcelessReasons)];
  if (queryReadsRelation(query)) {
    const below = query.kind === 'select' ? subqueriesIn(query.from) : [];
    // A subquery that reads no table works on the row beside it.
    return [...inCtes, ...below.filter(queryReadsRelation).flatMap(sourcelessReasons)];
  }
  const message = 'This SELECT reads no table.';
  const hint = "Read one that gets events: CREATE TABLE … WITH (connector = 'http').";
  return [...inCtes, { key: 'sourceless', message, hint, byteOffset: offsetOf(query) }];
}

function subqueriesIn(table: TableRef): readonly Query[] {
  if (table.kind === 'subquery') return [table.query];
  if (table.kind === 'join') return [...subqueriesIn(table.left), ...subqueriesIn(table.right)];
  return [];
}

function readsRelation(table: TableRef): boolean {
  switch (table.kind) {
    case 'base_table':
    case 'values':
    case 'pivot':
    case 'show':
    case 'unknown':
      return true;
    case 'table_function':
      // Others are refused for what they are.
      return !rowFunctions.has(table.call.call?.name.toLowerCase() ?? '');
    case 'subquery':
      return queryReadsRelation(table.query);
    case 'join':
      return readsRelation(table.left) || readsRelation(table.right);
    default:
      return false;
  }
}

function queryReadsRelation(query: Query): boolean {
  if (query.kind === 'select') return readsRelation(query.from);
  if (query.kind === 'set_operation') return query.inputs.some(queryReadsRelation);
  return true;
}

function reasonOf(key: string, message: string, query: Query): Reason {
  return { key, message, hint: overTable, byteOffset: offsetOf(query) };
}

function reasonAt(key: string, message: string, expression: Expression): Reason {
  const byteOffset = expression.byteOffset ?? offsetInContents(expression.contents);
  return { key, message, hint: overTable, byteOffset };
}

function tableReason(
  key: string,
  message: string,
  { table, hint }: { readonly table: TableRef; readonly hint: string },
): Reason {
  return { key, message, hint, byteOffset: offsetOfTable(table) };
}

/** DuckDB gives queries no place of their own: their first expression or table has one. */
function offsetOf(query: Query): number | undefined {
  switch (query.kind) {
    case 'select':
      return (
        query.projections.map((one) => one.byteOffset).find((offset) => offset !== undefined) ??
        offsetOfTable(query.from)
      );
    case 'set_operation':
      return query.inputs.map(offsetOf).find((offset) => offset !== undefined);
    case 'recursive':
      return offsetOf(query.start);
    default:
      return undefined;
  }
}

function offsetOfTable(table: TableRef): number | undefined {
  if (table.byteOffset !== undefined) return table.byteOffset;
  if (table.kind === 'join') return offsetOfTable(table.left);
  return table.kind === 'subquery' ? offsetOf(table.query) : offsetInContents(table.rest);
}

function offsetInContents(contents: Contents): number | undefined {
  const offsets = contents.expressions.map(
    (one) => one.byteOffset ?? offsetInContents(one.contents),
  );
  return offsets.find((offset) => offset !== undefined);
}
