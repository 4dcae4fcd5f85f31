import { isError } from './certain-failure.ts';
import { listOf, nodeOf, textOf, type TreeNode } from './select-tree.ts';

/** The column that an expression is, with its type as the tree of a cast to it has it. */
export type ColumnOf = (expression: TreeNode) => { readonly type: string | undefined } | undefined;

/** The type of a column, a constant or a cast, as text; undefined where it isn't known. */
export function typeOf(expression: TreeNode, columnOf: ColumnOf): string | undefined {
  switch (expression['class']) {
    case 'COLUMN_REF':
      return columnOf(expression)?.type;
    case 'CAST':
      return JSON.stringify(expression['cast_type']);
    case 'CONSTANT':
      return JSON.stringify(nodeOf(expression['value'])['type']);
    default:
      return undefined;
  }
}

/**
 * An expression of the same value, where it can't fail whatever the columns hold; undefined where
 * it may. To ask whether it did costs more than most such values: columns, their casts to the types
 * that they have, comparisons within one type.
 */
export function sureValue(expression: TreeNode, columnOf: ColumnOf): TreeNode | undefined {
  const isSure = (child: unknown): boolean => sureValue(nodeOf(child), columnOf) !== undefined;
  const isOfOneType = (one: TreeNode, other: TreeNode): boolean => {
    const type = typeOf(one, columnOf);
    return type !== undefined && type === typeOf(other, columnOf);
  };
  switch (expression['class']) {
    case 'CONSTANT':
      return expression;
    case 'COLUMN_REF':
      return columnOf(expression) === undefined ? undefined : expression;
    case 'CAST': {
      const child = nodeOf(expression['child']);
      return isSure(child) && isOfOneType(expression, child) ? expression : undefined;
    }
    case 'COMPARISON': {
      const [left, right] = [nodeOf(expression['left']), nodeOf(expression['right'])];
      return isSure(left) && isSure(right) && isOfOneType(left, right) ? expression : undefined;
    }
    case 'CASE':
      return onlyBranch(expression, columnOf);
    default:
      return undefined;
  }
}

/** Of `CASE WHEN check THEN … ELSE error(…) END`, as exact casts are written, the one that is. */
function onlyBranch(expression: TreeNode, columnOf: ColumnOf): TreeNode | undefined {
  const checks = listOf(expression['case_checks']).map(nodeOf);
  const [check] = checks;
  if (check === undefined || checks.length > 1 || !isError(nodeOf(expression['else_expr']))) {
    return undefined;
  }
  if (!isAlways(nodeOf(check['when_expr']), columnOf)) return undefined;
  return sureValue(nodeOf(check['then_expr']), columnOf);
}

/** `… OR typeof(column) <> 'TIMESTAMP_NS' OR …` of a column of another type. */
function isAlways(condition: TreeNode, columnOf: ColumnOf): boolean {
  if (condition['type'] === 'CONJUNCTION_OR') {
    return listOf(condition['children']).some((child) => isAlways(nodeOf(child), columnOf));
  }
  if (condition['type'] !== 'COMPARE_NOTEQUAL') return false;
  const [call, named] = [nodeOf(condition['left']), nodeOf(condition['right'])];
  const [column] = listOf(call['children']).map(nodeOf);
  if (call['function_name'] !== 'typeof' || column?.['class'] !== 'COLUMN_REF') return false;
  const type = columnOf(column)?.type;
  if (type === undefined || named['class'] !== 'CONSTANT') return false;
  const nanoseconds = 'TIMESTAMP_NS';
  return textOf(nodeOf(named['value'])['value']) === nanoseconds && !type.includes(nanoseconds);
}
