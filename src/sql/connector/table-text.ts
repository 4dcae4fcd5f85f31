import { didYouMeanHint } from '../../base/did-you-mean.ts';
import type { LineIndex, Span } from '../positions.ts';
import type { ColumnList } from '../syntax/columns.ts';
import type { Token } from '../syntax/tokens.ts';
import type { OptionReader } from './option-reader.ts';

/** A CREATE TABLE whose role and connector are known, with what it takes to read the rest of it. */
export class TableText {
  readonly name: Token;
  /** In lower case. */
  readonly connector: string;
  readonly list: ColumnList | undefined;
  readonly partitionedBy: readonly Token[] | undefined;
  readonly options: OptionReader;
  readonly script: string;
  readonly lines: LineIndex;
  /** Something in its columns was wrong already: what is missing there may be for that reason. */
  readonly isBroken: boolean;

  constructor(
    fields: Pick<TableText, 'name' | 'connector' | 'list' | 'partitionedBy' | 'options'> &
      Pick<TableText, 'script' | 'lines' | 'isBroken'>,
  ) {
    this.name = fields.name;
    this.connector = fields.connector;
    this.list = fields.list;
    this.partitionedBy = fields.partitionedBy;
    this.options = fields.options;
    this.script = fields.script;
    this.lines = fields.lines;
    this.isBroken = fields.isBroken;
  }

  reportUnknown(span: Span, what: string, name: string, names: readonly string[]): void {
    const all = names.length === 0 ? undefined : `There are: ${names.join(', ')}.`;
    const message = `The table "${this.name.value}" has no ${what} "${name}".`;
    this.options.report(span, message, didYouMeanHint(name, names) ?? all);
  }
}
