import type { ColumnType } from '../../event/schema.ts';
import { readColumnType } from './column-type.ts';
import type { TokenReader } from './token-reader.ts';
import { isWord } from './token-reader.ts';
import type { Token } from './tokens.ts';

/** One column of CREATE TABLE, as written. */
export type ColumnText = {
  readonly name: Token;
  readonly type: ColumnType;
  readonly isNotNull: boolean;
  readonly isPrimaryKey: boolean;
  readonly origin: ColumnOrigin;
};

export type ColumnOrigin =
  | { readonly kind: 'field' }
  | { readonly kind: 'generated'; readonly expression: readonly Token[] }
  | { readonly kind: 'metadata'; readonly key: Token };

export type WatermarkText = {
  readonly column: Token;
  readonly expression: readonly Token[] | undefined;
};

export type ColumnList = {
  readonly columns: readonly ColumnText[];
  readonly watermark: WatermarkText | undefined;
};

/** Reads `( column type options, …, WATERMARK FOR … )`. Broken items are reported and left out. */
export function readColumnList(reader: TokenReader): ColumnList {
  reader.expectOperator('(');
  const list = new ColumnListReader(reader);
  while (!reader.takeOperator(')')) {
    reader.item(() => list.readItem());
    list.checkSize();
    if (reader.isAtEnd) reader.fail('The list of columns is never closed: ) is missing.');
    reader.takeOperator(',');
  }
  return list.result();
}

/** Wide events have hundreds; each costs a check against the others. */
const columnsMax = 2000;

class ColumnListReader {
  readonly #reader: TokenReader;
  readonly #columns: ColumnText[] = [];
  #watermark: WatermarkText | undefined;
  #primaryKey: readonly Token[] = [];

  constructor(reader: TokenReader) {
    this.#reader = reader;
  }

  readItem(): void {
    const reader = this.#reader;
    if (reader.isWord('watermark', 'for')) return this.#addWatermark();
    if (reader.isWord('primary', 'key') && reader.isOperator('(', 2)) return this.#addPrimaryKey();
    this.#addColumn(this.#readColumn());
  }

  checkSize(): void {
    if (this.#columns.length <= columnsMax) return;
    this.#reader.fail(`A table has at most ${columnsMax} columns.`, 'Take whole events as JSON.');
  }

  result(): ColumnList {
    for (const key of this.#primaryKey) {
      const isColumn = this.#columns.some((column) => isSameName(column.name, key));
      if (!isColumn) this.#reader.report(key, `The primary key names no column "${key.value}".`);
    }
    const columns = this.#columns.map((column) => {
      const isKey = this.#primaryKey.some((key) => isSameName(column.name, key));
      return isKey ? { ...column, isPrimaryKey: true, isNotNull: true } : column;
    });
    return { columns, watermark: this.#watermark };
  }

  #addColumn(column: ColumnText): void {
    if (this.#columns.some((other) => isSameName(other.name, column.name))) {
      const message = `The column "${column.name.value}" is declared twice.`;
      const hint = 'Names are compared without regard to case: rename or drop one.';
      this.#reader.report(column.name, message, hint);
      return;
    }
    this.#columns.push(column);
  }

  #addWatermark(): void {
    const reader = this.#reader;
    const start = reader.here();
    reader.takeWords('watermark', 'for');
    const column = reader.expectName('the column that holds the event time');
    const hasExpression = reader.takeWords('as');
    const expression = hasExpression ? this.#readExpression() : undefined;
    if (this.#watermark !== undefined) {
      reader.report(start, 'The table has two watermarks.', 'A table has one: keep it alone.');
      return;
    }
    this.#watermark = { column, expression };
  }

  #addPrimaryKey(): void {
    const reader = this.#reader;
    reader.takeWords('primary', 'key');
    reader.expectOperator('(');
    const names: Token[] = [];
    do names.push(reader.expectName('the name of a column'));
    while (reader.takeOperator(','));
    reader.expectOperator(')');
    this.#primaryKey = names;
  }

  #readColumn(): ColumnText {
    const reader = this.#reader;
    const name = reader.expectName('the name of a column');
    const type = readColumnType(reader);
    let isNotNull = false;
    let isPrimaryKey = false;
    let origin: ColumnOrigin = { kind: 'field' };
    while (!reader.isAtEnd && !reader.isOperator(',') && !reader.isOperator(')')) {
      if (reader.takeWords('not', 'null')) isNotNull = true;
      else if (reader.takeWords('null')) isNotNull = false;
      else if (reader.takeWords('primary', 'key')) isPrimaryKey = isNotNull = true;
      else if (reader.isWord('generated')) origin = this.#readGenerated();
      else if (reader.isWord('metadata')) origin = this.#readMetadata();
      else this.#failOption();
    }
    return { name, type, isNotNull, isPrimaryKey, origin };
  }

  #failOption(): never {
    const reader = this.#reader;
    const refusal = refusedOptions.get(reader.peek()?.text.toLowerCase() ?? '');
    if (refusal !== undefined) return reader.fail(refusal.message, refusal.hint);
    return reader.failExpected('a column option, "," or ")"', optionsHint);
  }

  #readGenerated(): ColumnOrigin {
    const reader = this.#reader;
    reader.takeWords('generated');
    reader.expectWord('ALWAYS');
    reader.expectWord('AS');
    if (!reader.isOperator('('))
      reader.failExpected('"("', 'Write GENERATED ALWAYS AS (expression).');
    const expression = this.#readParenthesised();
    if (!reader.takeWords('stored')) reader.takeWords('virtual');
    return metadataCall(expression) ?? { kind: 'generated', expression };
  }

  #readMetadata(): ColumnOrigin {
    const reader = this.#reader;
    reader.takeWords('metadata');
    reader.expectWord('FROM');
    const key = reader.peek();
    if (key?.kind !== 'string') {
      return reader.failExpected("the key as text, such as METADATA FROM 'topic'");
    }
    reader.next();
    return { kind: 'metadata', key };
  }

  /** The tokens between a pair of parentheses, which come next. */
  #readParenthesised(): readonly Token[] {
    const reader = this.#reader;
    reader.expectOperator('(');
    const tokens = this.#readExpression();
    reader.expectOperator(')');
    return tokens;
  }

  /** Tokens up to a comma or closing parenthesis outside any brackets. */
  #readExpression(): readonly Token[] {
    const reader = this.#reader;
    const start = reader.index;
    let depth = 0;
    while (!reader.isAtEnd) {
      const token = reader.peek();
      if (token?.kind === 'invalid') reader.fail(token.value);
      const text = token?.kind === 'operator' ? token.text : '';
      if (depth === 0 && (text === ',' || text === ')')) break;
      if (text !== '' && '([{'.includes(text)) depth++;
      if (text !== '' && ')]}'.includes(text)) depth--;
      reader.next();
    }
    if (reader.index === start) reader.failExpected('an expression');
    return reader.tokens.slice(start, reader.index);
  }
}

const optionsHint =
  'Column options are NOT NULL, PRIMARY KEY, METADATA FROM … and GENERATED ALWAYS AS (…).';

const refusedOptions: ReadonlyMap<string, { readonly message: string; readonly hint: string }> =
  new Map(
    Object.entries({
      default: {
        message: 'Columns of a stream have no DEFAULT.',
        hint: 'Use coalesce(column, value) in the SELECT.',
      },
      references: { message: 'Foreign keys are not available.', hint: 'Leave REFERENCES out.' },
      unique: { message: 'UNIQUE is not available on a stream.', hint: 'Leave it out.' },
      check: {
        message: 'CHECK is not available on a stream.',
        hint: 'Filter with WHERE in the SELECT.',
      },
    }),
  );

function isSameName(left: Token, right: Token): boolean {
  return left.value.toLowerCase() === right.value.toLowerCase();
}

/** The old spelling of a metadata column: `GENERATED ALWAYS AS (metadata('key'))`. */
function metadataCall(expression: readonly Token[]): ColumnOrigin | undefined {
  const [name, open, key, close, ...rest] = expression;
  const isCall =
    isWord(name, 'metadata') && open?.text === '(' && close?.text === ')' && rest.length === 0;
  return isCall && key?.kind === 'string' ? { kind: 'metadata', key } : undefined;
}
