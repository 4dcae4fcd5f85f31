import {
  contentsOfQuery,
  contentsOfTable,
  type Call,
  type Contents,
  type Expression,
  type Query,
  type TableRef,
} from './select-ast.ts';

/** What a SELECT names, in no particular order. */
export type SelectFacts = {
  /** Tables that no CTE in scope provides: DuckDB looks them up in its catalog, or as files. */
  readonly tables: readonly BaseTable[];
  /** References to the SELECT's own CTEs. */
  readonly cteTables: readonly BaseTable[];
  readonly tableFunctions: readonly FunctionCall[];
  /** Scalar functions, aggregates, window functions and operators. */
  readonly functions: readonly FunctionCall[];
  readonly parameters: readonly {
    readonly name: string;
    readonly byteOffset: number | undefined;
  }[];
  /** Types that DuckDB's parser doesn't know, such as ENUM or a user's own. */
  readonly userTypes: readonly { readonly name: string; readonly byteOffset: number | undefined }[];
  /** Every node, for those who allow by kind. */
  readonly queries: readonly Query[];
  readonly tableRefs: readonly TableRef[];
  readonly expressions: readonly Expression[];
};

export type BaseTable = Extract<TableRef, { readonly kind: 'base_table' }>;

export type FunctionCall = Call & {
  readonly byteOffset: number | undefined;
  readonly isWindow: boolean;
  readonly expression: Expression;
};

/**
 * Walks a SELECT with its scopes. A CTE's name holds in the query that declares it and in the CTEs
 * after it, nowhere else: not in its own text (but for the step of a recursive one), not in a
 * neighbouring subquery. Only an unqualified name can mean a CTE.
 */
export function selectFacts(query: Query): SelectFacts {
  const walk = new Walk();
  walk.query(query, noNames);
  return walk.facts;
}

/** Names of the CTEs in scope, as `lowerAscii` gives them. */
type Scope = ReadonlySet<string>;

const noNames: Scope = new Set();

class Walk {
  readonly #tables: BaseTable[] = [];
  readonly #cteTables: BaseTable[] = [];
  readonly #tableFunctions: FunctionCall[] = [];
  readonly #queries: Query[] = [];
  readonly #tableRefs: TableRef[] = [];
  readonly #expressions: Expression[] = [];

  get facts(): SelectFacts {
    const functions = this.#expressions.flatMap(functionCallOf);
    const named = new Set(this.#tableFunctions.map((call) => call.expression));
    return {
      tables: this.#tables,
      cteTables: this.#cteTables,
      tableFunctions: this.#tableFunctions,
      functions: functions.filter((call) => !named.has(call.expression)),
      parameters: this.#expressions.flatMap(({ parameter, byteOffset }) =>
        parameter === undefined ? [] : [{ name: parameter, byteOffset }],
      ),
      userTypes: this.#expressions.flatMap(({ userTypes, byteOffset }) =>
        userTypes.map((name) => ({ name, byteOffset })),
      ),
      queries: this.#queries,
      tableRefs: this.#tableRefs,
      expressions: this.#expressions,
    };
  }

  query(query: Query, outer: Scope): void {
    this.#queries.push(query);
    let scope = outer;
    for (const cte of query.ctes) {
      this.query(cte.query, scope);
      this.#contents(cte.rest, scope);
      scope = withName(scope, cte.name);
    }
    this.#contents(contentsOfQuery(query), scope);
    if (query.kind !== 'recursive') return;
    this.query(query.start, scope);
    this.query(query.step, withName(scope, query.name));
  }

  #contents(contents: Contents, scope: Scope): void {
    for (const query of contents.queries) this.query(query, scope);
    for (const table of contents.tables) this.#table(table, scope);
    for (const expression of contents.expressions) this.#expression(expression, scope);
  }

  #table(table: TableRef, scope: Scope): void {
    this.#tableRefs.push(table);
    if (table.kind === 'base_table') {
      (isCte(table, scope) ? this.#cteTables : this.#tables).push(table);
    }
    if (table.kind === 'table_function') this.#tableFunctions.push(...functionCallOf(table.call));
    this.#contents(contentsOfTable(table), scope);
  }

  #expression(expression: Expression, scope: Scope): void {
    this.#expressions.push(expression);
    this.#contents(expression.contents, scope);
  }
}

function functionCallOf(expression: Expression): readonly FunctionCall[] {
  const { call, byteOffset } = expression;
  if (call === undefined) return [];
  return [{ ...call, byteOffset, isWindow: expression.class === 'WINDOW', expression }];
}

function isCte(table: BaseTable, scope: Scope): boolean {
  const isQualified = table.schema !== '' || table.catalog !== '';
  return !isQualified && !table.hasAtClause && scope.has(lowerAscii(table.name));
}

function withName(scope: Scope, name: string): Scope {
  return new Set([...scope, lowerAscii(name)]);
}

/**
 * Case as DuckDB folds it. `toLowerCase` would turn the Kelvin sign into a k, and so take a file
 * for a CTE whose name merely looks like it.
 */
function lowerAscii(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
