import type { CompareOp, Literal, Predicate } from '../delta/prune/predicate.ts';
import type { Parameters } from '../engine/parameters.ts';
import type { Schema } from '../event/schema.ts';
import type { Expression, Query, TableRef } from '../sql/select-ast.ts';
import { type BaseTable, selectFacts } from '../sql/select-facts.ts';
import { literalOf, type Literals } from './literals.ts';

export type PredicateRequest = {
  readonly query: Query;
  /** Schema of a table as the query names it, qualified or not. */
  readonly schemaOf: (table: BaseTable) => Schema | undefined;
  readonly parameters: Parameters;
  readonly nowMs: number;
};

/**
 * What each use of a table in a query asks of its columns: the WHERE of the SELECT that names the
 * table in its FROM, by itself or in inner joins. Whatever isn't understood is `unknown`, and a
 * table that is used in any other place is not in the map.
 */
export function tablePredicates(request: PredicateRequest): ReadonlyMap<BaseTable, Predicate> {
  const facts = selectFacts(request.query);
  const catalogTables: ReadonlySet<TableRef> = new Set(facts.tables);
  const found = new Map<BaseTable, Predicate>();
  for (const query of facts.queries) {
    if (query.kind !== 'select' || query.isSampled || query.where === undefined) continue;
    const scanned = innerTables(query.from);
    for (const table of scanned) {
      const isScan = table.kind === 'base_table' && catalogTables.has(table);
      if (!isScan || table.isSampled || table.hasColumnAliases) continue;
      const scope = scopeOf(table, { scanned, request });
      if (scope !== undefined) found.set(table, predicateOf(query.where, scope));
    }
  }
  return found;
}

type Scope = Literals & {
  readonly alias: string;
  readonly schema: Schema;
  /** A column without its table's name is this table's: there is no other. */
  readonly isAlone: boolean;
  /** Under a NOT, where the safe side is the other one. */
  readonly isNegated: boolean;
};

const unknown: Predicate = { kind: 'unknown' };

/** The tables whose rows WHERE sees as they are; none where a join could add rows of NULLs. */
function innerTables(from: TableRef): readonly TableRef[] {
  if (from.kind !== 'join') return [from];
  const isInner =
    from.joinType === 'INNER' && ['REGULAR', 'CROSS', 'NATURAL'].includes(from.refType);
  return isInner && !from.isSampled ? [...innerTables(from.left), ...innerTables(from.right)] : [];
}

function scopeOf(
  table: BaseTable,
  {
    scanned,
    request,
  }: { readonly scanned: readonly TableRef[]; readonly request: PredicateRequest },
): Scope | undefined {
  const alias = aliasOf(table);
  const schema = request.schemaOf(table);
  const isOnly = scanned.filter((one) => aliasOf(one) === alias).length === 1;
  // `events.name` might then be a field of a column that is called like the table.
  const isClear = schema?.every((column) => column.name.toLowerCase() !== alias);
  if (schema === undefined || !isOnly || isClear !== true) return undefined;
  const { parameters, nowMs } = request;
  return { alias, schema, isAlone: scanned.length === 1, isNegated: false, parameters, nowMs };
}

function aliasOf(table: TableRef): string {
  const isNamed = table.alias === '' && table.kind === 'base_table';
  return (isNamed ? table.name : table.alias).toLowerCase();
}

function predicateOf(expression: Expression, scope: Scope): Predicate {
  const operands = expression.contents.expressions;
  const inner = (): readonly Predicate[] => operands.map((one) => predicateOf(one, scope));
  switch (expression.type) {
    case 'CONJUNCTION_AND':
      return { kind: 'and', operands: inner() };
    case 'CONJUNCTION_OR':
      return { kind: 'or', operands: inner() };
    case 'OPERATOR_NOT':
      return negated(operands[0], scope);
    case 'OPERATOR_IS_NULL':
      return isNull(operands[0], scope);
    case 'OPERATOR_IS_NOT_NULL':
      return not(isNull(operands[0], scope));
    case 'COMPARE_IN':
      return inList(operands, scope);
    case 'COMPARE_NOT_IN':
      return not(inList(operands, scope));
    case 'COMPARE_BETWEEN':
      return {
        kind: 'and',
        operands: [
          compare('>=', [operands[0], operands[1]], scope),
          compare('<=', [operands[0], operands[2]], scope),
        ],
      };
    default: {
      const op = operators[expression.type];
      return op === undefined ? unknown : compare(op, [operands[0], operands[1]], scope);
    }
  }
}

const operators: Readonly<Record<string, CompareOp>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '<>',
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>=',
};

const mirrored: Readonly<Record<CompareOp, CompareOp>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

function negated(operand: Expression | undefined, scope: Scope): Predicate {
  return operand === undefined ? unknown : not(predicateOf(operand, { ...scope, isNegated: true }));
}

function not(operand: Predicate): Predicate {
  return operand.kind === 'unknown' ? unknown : { kind: 'not', operand };
}

function isNull(operand: Expression | undefined, scope: Scope): Predicate {
  const column = columnOf(operand, scope);
  return column === undefined ? unknown : { kind: 'is_null', column };
}

type Sides = readonly [left: Expression | undefined, right: Expression | undefined];

function compare(op: CompareOp, [left, right]: Sides, scope: Scope): Predicate {
  const column = columnOf(left, scope);
  if (column === undefined) {
    const other = columnOf(right, scope);
    return other === undefined ? unknown : compareTo(mirrored[op], other, { value: left, scope });
  }
  return compareTo(op, column, { value: right, scope });
}

function compareTo(
  op: CompareOp,
  column: readonly string[],
  { value, scope }: { readonly value: Expression | undefined; readonly scope: Scope },
): Predicate {
  const literal = value === undefined ? undefined : literalOf(value, scope);
  if (literal === undefined) return unknown;
  // The query's own now is a little later: for a lower bound this one is on the safe side.
  const isLowerBound = (op === '>' || op === '>=') && !scope.isNegated;
  if (literal.isRelative && (!isLowerBound || hasOwnNow(scope.schema))) return unknown;
  if (literal.isParameterText && !isText(column, scope.schema)) return unknown;
  return { kind: 'compare', column, op, value: literal.value };
}

function inList(operands: readonly Expression[], scope: Scope): Predicate {
  const [left, ...items] = operands;
  const column = columnOf(left, scope);
  if (column === undefined || items.length === 0) return unknown;
  const values: Literal[] = [];
  for (const item of items) {
    const literal = literalOf(item, scope);
    if (literal === undefined || literal.isRelative || literal.isParameterText) return unknown;
    values.push(literal.value);
  }
  return { kind: 'in', column, values };
}

/** A column of that name would be meant instead of the function. */
function hasOwnNow(schema: Schema): boolean {
  return schema.some((column) => column.name.toLowerCase() === 'current_timestamp');
}

/** DuckDB compares a number with a text otherwise than with a number written as text. */
function isText(path: readonly string[], schema: Schema): boolean {
  const name = path[0] ?? '';
  const column = schema.find((one) => one.name.toLowerCase() === name.toLowerCase());
  return column?.type.kind === 'text';
}

/** The column's path within its table. */
function columnOf(expression: Expression | undefined, scope: Scope): readonly string[] | undefined {
  const path = expression?.columnPath ?? [];
  const [first = '', ...others] = path;
  if (others.length > 0 && first.toLowerCase() === scope.alias) return others;
  const isColumn = scope.schema.some((one) => one.name.toLowerCase() === first.toLowerCase());
  return scope.isAlone && isColumn ? path : undefined;
}
