import type { HeliosError, TextPosition } from '../base/errors.ts';
import type { SelectText } from '../sql/script.ts';
import { quoteName } from '../engine/types.ts';

/** A named relation of a statement: text of Helios's own, or a SELECT of the script. */
export type Relation = {
  readonly name: string;
  readonly body: string | SelectText;
};

/**
 * SQL put together from texts of Helios and of the script, which remembers where the script's
 * texts went, so that an error of DuckDB's can be shown where the person wrote it.
 */
export class ComposedSql {
  #text = '';
  readonly #pieces: { readonly start: number; readonly end: number; readonly select: SelectText }[] =
    [];

  get text(): string {
    return this.#text;
  }

  add(text: string): this {
    this.#text += text;
    return this;
  }

  addSelect(select: SelectText): this {
    const start = this.#text.length;
    this.#text += select.text;
    this.#pieces.push({ start, end: this.#text.length, select });
    return this;
  }

  /** Where in the script DuckDB's error lies; undefined where it is in none of the script's texts. */
  positionOf(error: HeliosError): TextPosition | undefined {
    const byteOffset = error.details?.['byteOffset'];
    if (typeof byteOffset !== 'number') return undefined;
    const offset = Buffer.from(this.#text, 'utf8').subarray(0, byteOffset).toString('utf8').length;
    const piece = this.#pieces.find((candidate) => offset >= candidate.start && offset <= candidate.end);
    if (piece === undefined) return undefined;
    const position = piece.select.positionAt(offset - piece.start);
    return { ...position, length: error.position?.length ?? position.length };
  }
}

/** `WITH a AS (…), b AS (…) SELECT columns FROM (body)`. */
export function composeSelect(
  relations: readonly Relation[],
  columns: string,
  body: string | SelectText,
): ComposedSql {
  const sql = new ComposedSql();
  relations.forEach((relation, index) => {
    sql.add(`${index === 0 ? 'WITH ' : ', '}${quoteName(relation.name)} AS (`);
    addBody(sql, relation.body);
    sql.add('\n)');
  });
  sql.add(` SELECT ${columns} FROM (`);
  addBody(sql, body);
  return sql.add('\n)');
}

function addBody(sql: ComposedSql, body: string | SelectText): void {
  if (typeof body === 'string') sql.add(body);
  else sql.addSelect(body);
}
