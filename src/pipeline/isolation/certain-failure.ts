import { listOf, nodeOf, textOf, type TreeNode } from './select-tree.ts';

/**
 * Conditions that hold only where an expression is sure to fail, as trees: found without raising
 * the error, which costs DuckDB some fifty microseconds a row. What they miss, TRY finds.
 */
export function certainFailures(expression: TreeNode): readonly TreeNode[] {
  switch (textOf(expression['class'])) {
    case 'CAST':
      return [...certainFailures(nodeOf(expression['child'])), ...failingCast(expression)];
    case 'FUNCTION':
      return argumentsOf(expression).flatMap(certainFailures);
    case 'COMPARISON':
      return ['left', 'right'].flatMap((side) => certainFailures(nodeOf(expression[side])));
    case 'CASE':
      return failingElse(expression);
    default:
      return [];
  }
}

/** A function's arguments are always evaluated, but for the body of a lambda. */
function argumentsOf(call: TreeNode): readonly TreeNode[] {
  return listOf(call['children'])
    .map(nodeOf)
    .filter((child) => child['class'] !== 'LAMBDA');
}

/** There is a value, and it can't be cast. */
function failingCast(cast: TreeNode): readonly TreeNode[] {
  if (cast['try_cast'] === true) return [];
  const child = nodeOf(cast['child']);
  if (child['class'] === 'CONSTANT') return [];
  const value = child['class'] === 'COLUMN_REF' ? child : tryOf(child);
  const tried = { ...cast, alias: '', child: value, try_cast: true };
  return [and(operator('OPERATOR_IS_NOT_NULL', [value]), operator('OPERATOR_IS_NULL', [tried]))];
}

/** `CASE WHEN check THEN … ELSE error(…) END`, as exact casts are written. */
function failingElse(expression: TreeNode): readonly TreeNode[] {
  const checks = listOf(expression['case_checks']).map(nodeOf);
  const [check] = checks;
  const otherwise = nodeOf(expression['else_expr']);
  if (check === undefined || checks.length > 1 || !isError(otherwise)) return [];
  return [operator('OPERATOR_NOT', [tryOf(nodeOf(check['when_expr']))])];
}

/** A call of `error`, which DuckDB counts as volatile. */
export function isError(expression: TreeNode): boolean {
  return expression['class'] === 'FUNCTION' && expression['function_name'] === 'error';
}

function tryOf(child: TreeNode): TreeNode {
  return operator('OPERATOR_TRY', [child]);
}

function operator(type: string, children: readonly TreeNode[]): TreeNode {
  return { class: 'OPERATOR', type, alias: '', query_location: 0, children };
}

function and(...children: readonly TreeNode[]): TreeNode {
  return { class: 'CONJUNCTION', type: 'CONJUNCTION_AND', alias: '', query_location: 0, children };
}
