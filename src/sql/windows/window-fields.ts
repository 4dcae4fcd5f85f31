import { offsetOfByte } from '../positions.ts';
import type { SelectText } from '../script.ts';
import type { Expression, Query, TableRef } from '../select-ast.ts';
import { selectFacts } from '../select-facts.ts';
import type { IsAggregate, SelectProblem } from '../stateless.ts';

export type WithFields = {
  readonly select: SelectText;
  readonly problems: readonly SelectProblem[];
};

/** Where a field is named: what of a SELECT is worked out when its windows are known. */
type Clause = 'group' | 'where' | 'aggregate' | 'window';

/**
 * A SELECT that names fields of its own window, as in `tumble(…) AS window, window.start`: DuckDB
 * takes a name before a dot for a table's, unless it is in brackets.
 */
export function withWindowFields(
  select: SelectText,
  query: Query,
  isAggregate: IsAggregate,
): WithFields {
  const names: Expression[] = [];
  const problems: SelectProblem[] = [];
  for (const one of selectFacts(query).queries) {
    if (one.kind !== 'select') continue;
    const aliases = windowAliases(one.projections, tableNames(one.from));
    if (aliases.size === 0) continue;
    const visit = (expression: Expression, clause: Clause): void => {
      const [table = '', field] = expression.columnPath;
      if (field !== undefined && aliases.has(table.toLowerCase())) {
        const problem = fieldProblem(expression, clause);
        if (problem === undefined) names.push(expression);
        else problems.push(problem);
      }
      const { call } = expression;
      const isOfRows = call !== undefined && expression.class === 'FUNCTION';
      const takesRows = isOfRows && !call.isOperator && isAggregate(call.name.toLowerCase());
      for (const inner of expression.contents.expressions) {
        visit(inner, takesRows ? 'aggregate' : clause);
      }
    };
    const { projections, groups, where, having, qualify, modifiers } = one;
    const ordered = modifiers.flatMap(({ contents }) => contents.expressions);
    for (const group of groups) visit(group, 'group');
    for (const condition of where === undefined ? [] : [where]) visit(condition, 'where');
    for (const other of [...projections, having, qualify, ...ordered]) {
      if (other !== undefined) visit(other, 'window');
    }
  }
  return { select: names.length === 0 ? select : bracketed(select, names), problems };
}

function windowAliases(
  projections: readonly Expression[],
  tables: ReadonlySet<string>,
): ReadonlySet<string> {
  const aliases = projections.flatMap(({ alias, call }) =>
    /^(tumble|hop|session)$/i.test(call?.name ?? '') ? [alias.toLowerCase()] : [],
  );
  return new Set(aliases.filter((alias) => alias !== '' && !tables.has(alias)));
}

function tableNames(table: TableRef): ReadonlySet<string> {
  if (table.kind === 'join') {
    return new Set([...tableNames(table.left), ...tableNames(table.right)]);
  }
  const name = table.kind === 'base_table' ? table.name : '';
  return new Set([(table.alias || name).toLowerCase()]);
}

function fieldProblem(expression: Expression, clause: Clause): SelectProblem | undefined {
  const { columnPath, byteOffset } = expression;
  const [window = '', field = ''] = columnPath;
  if (clause === 'group') {
    const message = `Rows are grouped by the window, not by its ${field}.`;
    const hint = `Write GROUP BY ${window}: ${window}.${field} can be selected then.`;
    return { message, hint, byteOffset };
  }
  if (clause === 'where') {
    return {
      message: 'WHERE is asked before there are windows.',
      hint: 'Ask it in HAVING.',
      byteOffset,
    };
  }
  if (clause === 'aggregate') {
    const message = `What an aggregate takes is of a row, which has no ${window}.${field}.`;
    const hint = 'Compute with it outside of aggregates, or in a SELECT around this.';
    return { message, hint, byteOffset };
  }
  if (/^(start|end)$/i.test(field)) return undefined;
  return { message: `A window has no ${field}.`, hint: 'It has start and end.', byteOffset };
}

/** With brackets around the names before dots. */
function bracketed(select: SelectText, names: readonly Expression[]): SelectText {
  const starts = names.map(({ byteOffset }) => offsetOfByte(select.text, byteOffset ?? 0));
  let text = '';
  /** Where brackets stand in the new text. */
  const brackets: number[] = [];
  let at = 0;
  for (const start of [...new Set(starts)].toSorted((left, right) => left - right)) {
    const name = /^(?:"(?:[^"]|"")*"|[\p{L}\p{N}_$]+)/u.exec(select.text.slice(start))?.[0] ?? '';
    text += `${select.text.slice(at, start)}(`;
    brackets.push(text.length - 1);
    text += `${name})`;
    brackets.push(text.length - 1);
    at = start + name.length;
  }
  text += select.text.slice(at);
  return {
    text,
    positionAt: (offset) =>
      select.positionAt(offset - brackets.filter((bracket) => bracket < offset).length),
  };
}
