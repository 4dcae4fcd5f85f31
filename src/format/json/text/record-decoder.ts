import type { Connection } from '../../../engine/engine.ts';
import type { Batch } from '../../../event/record.ts';
import type { SourceColumn, SourceTable } from '../../../sql/script.ts';
import { BatchRecords, type EnvelopeOptions } from '../../batch-records.ts';
import { envelopesOf, metadataJson, metadataKeysOf } from '../../envelope-sql.ts';
import type { Decoder, IsolateContext, IsolatedBatch } from '../../format.ts';
import { framedTextSql } from '../../framed-text.ts';
import { guarded } from '../../sql-parts.ts';
import { mayLoseDigits } from '../exact-lines.ts';
import { isolateLines } from '../isolate-lines.ts';
import { JsonColumns } from '../json-columns.ts';
import { lineBytesDefault, lineFault, linesOf } from '../line-reader.ts';
import type { RecordCheck } from '../part-layers.ts';
import type { RecordShape } from './record-shape.ts';

/** The JSON without the white space around it, or NULL for what is none. */
const validJson = `CASE WHEN json_valid(text) THEN trim(text, E' \\t\\r\\n') END`;

export type RecordDecoderOptions = {
  readonly shape: RecordShape;
  /** Undefined: a batch's lines are its records. */
  readonly envelopes: EnvelopeOptions | undefined;
  /** How `shape` gives instants; those of metadata are given so too. */
  readonly timestampFormat: 'rfc3339' | 'unix_millis';
};

/**
 * Records of JSON, in lines or in envelopes, into typed columns, with metadata among them. Both
 * paths read by the same expressions from the records' texts, each with the same cost for all.
 */
export class RecordDecoder implements Decoder {
  readonly #table: SourceTable;
  readonly #options: RecordDecoderOptions;
  readonly #columns: JsonColumns;
  readonly #metadata: readonly string[];

  constructor(table: SourceTable, options: RecordDecoderOptions) {
    this.#table = table;
    this.#options = options;
    this.#metadata = metadataKeysOf(table.columns, table.format);
    this.#columns = new JsonColumns(withFieldsOnly(table), options.timestampFormat);
    // What can't be decoded shows now, not at the first batch.
    this.fast([]);
  }

  fast(paths: readonly string[]): string {
    const decoded = this.#decoded(this.#texts(paths), [], undefined);
    return guarded(decoded, (guard) => this.#columns.named(guard));
  }

  async isolate(
    connection: Connection,
    batch: Batch,
    context: IsolateContext,
  ): Promise<IsolatedBatch> {
    const { envelopes } = this.#options;
    const { path } = batch.content;
    const keep = ['__line', ...this.#columns.columns.map((_, index) => `r${index}`)];
    return await isolateLines({
      connection,
      batch,
      records:
        envelopes === undefined
          ? await BatchRecords.ofLines(batch, 'white_space')
          : await BatchRecords.ofEnvelopes(batch, envelopes),
      context,
      table: this.#table,
      columns: this.#columns.columns,
      ...(envelopes === undefined
        ? {}
        : { texts: (longestBytes: number) => this.#texts([path], longestBytes) }),
      decoded: (lines, mark) => this.#decoded(lines, keep, mark),
    });
  }

  /** SELECT of the records' texts as `line`, and of their metadata. */
  #texts(paths: readonly string[], lineBytes?: number): string {
    const { envelopes } = this.#options;
    if (envelopes === undefined) return linesOf(paths, this.#table);
    const read = envelopesOf({ paths, metadata: this.#metadata, lineBytes });
    const records = envelopes.passesTombstones ? 'WHERE v IS NOT NULL OR b IS NOT NULL' : '';
    const m = this.#metadata.length === 0 ? '' : ', m';
    const bytesMax = this.#table.lineBytesMax ?? lineBytesDefault;
    const { bytes, text, line } = envelopeTexts[envelopes.values];
    return `SELECT CASE WHEN strlen(text) <= ${bytesMax} THEN ${line} END AS line${m}
      FROM (SELECT *, ${text} AS text
      FROM (SELECT *, ${bytes} AS bytes FROM (${read}) ${records}))`;
  }

  #decoded(lines: string, keep: readonly string[], mark: string | undefined): string {
    const { shape } = this.#options;
    const { columns } = this.#columns;
    const raw = columns.map((column, index) => `${this.#value(column, mark)} AS r${index}`);
    const select = `SELECT ${['*', ...raw].join(', ')} FROM (${shape.open(lines)})`;
    const readings = this.#columns.jsonReadings();
    return this.#columns.decoded({ select, keep, ...this.#check(mark) }, readings, mark);
  }

  #value(column: SourceColumn, mark: string | undefined): string {
    const origin = this.#originOf(column);
    const isBeside = origin.kind === 'metadata' && this.#metadata.includes(origin.key);
    if (isBeside) return metadataJson({ ...column, origin }, this.#options.timestampFormat);
    return this.#options.shape.value({ ...column, origin }, mark);
  }

  /** As the table declares it: to the rules for columns, all of them are fields. */
  #originOf({ name }: SourceColumn): SourceColumn['origin'] {
    return this.#table.columns.find((column) => column.name === name)?.origin ?? { kind: 'field' };
  }

  #check(mark: string | undefined): RecordCheck {
    const { shape } = this.#options;
    const exact = this.#columns.exactColumns();
    const values = exact.map(({ id }) => `r${id}::VARCHAR`);
    const areNumbers = exact.every(({ type }) => type.kind === 'decimal');
    const isSure = mark !== undefined || values.length === 0 || shape.keepsText;
    const examine = `WHEN ${mayLoseDigits('line', { values, areNumbers })} THEN 'examine'`;
    const fault = `CASE ${lineFault(this.#table)} ${shape.faults} ${isSure ? '' : examine}
      ELSE NULL::VARCHAR END`;
    return { fault, suspect: `(${fault} IS NOT NULL)` };
  }
}

/** How the text of an envelope's value comes to be: of its bytes, of the text, of the JSON. */
const envelopeTexts: Readonly<
  Record<EnvelopeOptions['values'], { readonly bytes: string; text: string; line: string }>
> = {
  json: { bytes: 'NULL', text: 'v', line: validJson },
  framed_json: { bytes: 'from_base64(b)', text: framedTextSql('bytes'), line: validJson },
  text: { bytes: 'NULL', text: 'v', line: 'to_json(text)::VARCHAR' },
  bytes: { bytes: 'NULL', text: 'b', line: 'to_json(text)::VARCHAR' },
};

/** All columns that a record fills, whether from its value or from beside it. */
function withFieldsOnly(table: SourceTable): SourceTable {
  return {
    ...table,
    columns: table.columns
      .filter(({ origin }) => origin.kind !== 'generated')
      .map((column) => ({ ...column, origin: { kind: 'field' } })),
  };
}
